import Foundation
import LinuxPlatform
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Threads that cannot be started.
@Suite struct ThreadTests {
    /// From here on the process gets no room for another stack.
    private static func allowNoMoreMemory() throws {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[0]
        let now = (Int(pages) ?? 0) * Int(getpagesize())
        var limit = rlimit(rlim_cur: rlim_t(now + 4 << 20), rlim_max: rlim_t(now + 4 << 20))
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
    }

    @Test func a_thread_that_cannot_be_started_is_an_error_that_names_it() async {
        await #expect(processExitsWith: .exitCode(7)) {
            try ThreadTests.allowNoMoreMemory()
            do {
                try SystemThread.start("worker 3") { exit(1) }
            } catch let error as SystemThread.LimitReached {
                let text = "\(error)"
                let isTold = text.hasPrefix("cannot start the thread 'worker 3': ") && text.contains("TasksMax")
                exit(isTold ? 7 : 2)
            }
        }
    }

    @Test func too_few_threads_are_reported_in_advance_with_their_number() async {
        await #expect(processExitsWith: .exitCode(7)) {
            try SystemThread.probe(20)
            try ThreadTests.allowNoMoreMemory()
            do {
                try SystemThread.probe(20)
            } catch let error as SystemThread.LimitReached {
                exit("\(error)".hasPrefix("cannot start 20 threads, only ") ? 7 : 2)
            }
        }
    }
}
