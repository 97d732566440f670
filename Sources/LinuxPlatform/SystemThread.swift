import CCrashNote
import Foundation
import Glibc
import Synchronization

/// Threads for work that blocks, with an error if one cannot be started: Foundation's `Thread` reports nothing then,
/// and the work is never done.
package enum SystemThread {
    package static let stackBytes = 8 << 20

    /// The limit of the service or the user is reached, or there is no room for another stack.
    package struct LimitReached: Error, Sendable, CustomStringConvertible {
        /// The thread, or the number of threads requested.
        package let what: String
        /// `errno`.
        package let code: Int32

        package var description: String {
            "cannot start \(what): \(String(cString: strerror(code))); raise TasksMax of the service, or the user's limits of "
                + "processes and memory (ulimit -u, ulimit -v)"
        }
    }

    /// Starts a detached thread.
    /// - Parameter name: the kernel keeps its first 15 bytes.
    /// - Throws: `LimitReached`; then `body` is never called.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws {
        let code = create(name, body)
        guard code == 0 else { throw LimitReached(what: "the thread '\(name)'", code: code) }
    }

    /// Runs `body` on a thread of its own; the task that awaits it holds none of Swift's meanwhile. Cancelling the task
    /// does not end the body.
    /// - Throws: `LimitReached`, and what `body` throws.
    package static func value<Value: Sendable>(
        _ name: String, of body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try start(name) { continuation.resume(with: Result(catching: body)) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Checks that `count` threads can run at a time: starts them all, and lets them end.
    /// - Throws: `LimitReached`.
    package static func probe(_ count: Int) throws {
        let (hold, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        var started = 0, code: Int32 = 0
        while started < count, code == 0 {
            code = create("probe") {
                hold.wait()
                ended.signal()
            }
            if code == 0 { started += 1 }
        }
        for _ in 0..<started { hold.signal() }
        for _ in 0..<started { ended.wait() }
        guard code == 0 else { throw LimitReached(what: "\(count) threads, only \(started)", code: code) }
    }

    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }
    }

    private static func create(_ name: String, _ body: @escaping @Sendable () -> Void) -> Int32 {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let start = Unmanaged.passRetained(Start(name, body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                ccn_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        if code != 0 { start.release() }
        return code
    }
}
