import Foundation

/// Runs work that blocks on a thread of its own, so that Swift's small cooperative pool stays free.
enum BlockingThread {
    /// Starts `body` on a new thread named `name`; suspends until it has returned.
    static func run(_ name: String, _ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                body()
                continuation.resume()
            }
            thread.name = name
            thread.stackSize = 8 << 20
            thread.start()
        }
    }
}
