import Glibc

/// Every durable call of the project: the one place that touches open, write, fsync, rename, unlink and mkdir, that
/// owns EINTR and short writes, and in which tests make a call fail.
///
/// All functions throw `SystemError`.
package struct FileSystem: Sendable {
    /// A fault that a test injects into one call.
    package enum Fault: Sendable, Equatable {
        /// The call is not made and fails with this errno. `EINTR` acts like a signal: the call is retried.
        case error(Int32)
        /// A read or write that moves at most this many bytes; other calls are not affected.
        case short(Int)
    }

    /// Called before each attempt of each call.
    package typealias Intercept = @Sendable (_ call: String, _ path: RawPath) -> Fault?

    private let intercept: Intercept?

    package init(intercept: Intercept? = nil) { self.intercept = intercept }

    /// Makes a call, again while a signal interrupts it.
    /// - Parameter body: receives the largest number of bytes that it may move.
    func retrying(_ call: String, _ path: RawPath, _ body: (_ limit: Int) -> Int) throws -> Int {
        while true {
            var limit = Int.max
            switch intercept?(call, path) {
            case .error(EINTR): continue
            case .error(let code): throw SystemError(call, path, code: code)
            case .short(let count): limit = max(1, count)
            case nil: break
            }
            let result = body(limit)
            if result >= 0 { return result }
            if errno != EINTR { throw SystemError(call, path) }
        }
    }

    func withFile<Result>(
        _ path: RawPath, _ flags: Int32, _ mode: mode_t = 0, _ body: (Int32) throws -> Result
    ) throws -> Result {
        let descriptor = Int32(
            try retrying("open", path) { _ in path.withCPath { Int(open($0, flags | O_CLOEXEC | O_NONBLOCK, mode)) } })
        defer { close(descriptor) }
        if flags & O_CREAT != 0 { Inheritance.handOver(descriptor, madeIn: path.parent) }
        return try body(descriptor)
    }
}
