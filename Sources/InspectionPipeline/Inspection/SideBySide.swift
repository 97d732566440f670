import Dispatch
import Synchronization

/// Two independent pieces of a frame's work.
enum SideBySide {
    /// Runs both, at the same time where cores are free for both. Where no further thread can be had, one follows the
    /// other.
    /// - Throws: the first one's error, else the second one's.
    static func run<First: Sendable, Second: Sendable, Failure: Error>(
        atOnce: Bool, _ first: @Sendable () throws(Failure) -> First, _ second: @Sendable () throws(Failure) -> Second
    ) throws(Failure) -> (First, Second) {
        guard atOnce else { return (try first(), try second()) }
        let firsts = Mutex<Result<First, Failure>?>(nil), seconds = Mutex<Result<Second, Failure>?>(nil)
        DispatchQueue.concurrentPerform(iterations: 2) { number in
            if number == 0 {
                let result = Result(catching: first)
                firsts.withLock { $0 = result }
            } else {
                let result = Result(catching: second)
                seconds.withLock { $0 = result }
            }
        }
        guard let first = firsts.withLock({ $0 }), let second = seconds.withLock({ $0 }) else {
            preconditionFailure("a piece of work was not run")
        }
        return (try first.get(), try second.get())
    }
}
