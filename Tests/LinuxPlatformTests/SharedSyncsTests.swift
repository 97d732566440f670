import Dispatch
import Foundation
import LinuxPlatform
import Synchronization
import TestSupport
import Testing

@Suite struct SharedSyncsTests {
    private let folder = RawPath("/results/today")

    /// Runs `body` on threads of its own and waits for all.
    private func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) -> DispatchGroup {
        let group = DispatchGroup()
        for index in 0..<count {
            group.enter()
            Thread.detachNewThread {
                body(index)
                group.leave()
            }
        }
        return group
    }

    /// Holds a folder's first sync until so many wait behind it; `second` is what their sync does.
    private func outcomes(waiting: Int, second: @escaping @Sendable () throws -> Void) -> (syncs: Int, failures: Int) {
        let shared = SharedSyncs(), folder = folder
        let syncs = Atomic(0), failures = Atomic(0)
        let hasBegun = DispatchSemaphore(value: 0), mayEnd = DispatchSemaphore(value: 0)
        let first = together(1) { _ in
            try? shared.share(folder) {
                syncs.add(1, ordering: .relaxed)
                hasBegun.signal()
                mayEnd.wait()
            }
        }
        hasBegun.wait()
        let others = together(waiting) { _ in
            do {
                try shared.share(folder) {
                    syncs.add(1, ordering: .relaxed)
                    try second()
                }
            } catch {
                failures.add(1, ordering: .relaxed)
            }
        }
        while shared.waiting(folder) < waiting { usleep(1000) }
        mayEnd.signal()
        first.wait()
        others.wait()
        return (syncs.load(ordering: .relaxed), failures.load(ordering: .relaxed))
    }

    @Test func those_who_come_during_a_sync_share_the_next() {
        let outcome = outcomes(waiting: 7) {}
        #expect(outcome.syncs == 2)
        #expect(outcome.failures == 0)
    }

    @Test func a_sync_that_fails_fails_for_all_who_waited_for_it() {
        let outcome = outcomes(waiting: 5) { throw SystemError("fsync", RawPath("/results/today"), code: EIO) }
        #expect(outcome.syncs == 2)
        #expect(outcome.failures == 5)
    }

    @Test func the_first_sync_is_nobody_elses_failure() {
        let shared = SharedSyncs()
        #expect(throws: SystemError.self) {
            try shared.share(folder) { throw SystemError("fsync", folder, code: EIO) }
        }
        var isMade = false
        #expect(throws: Never.self) { try shared.share(folder) { isMade = true } }
        #expect(isMade)
    }

    @Test func another_folders_sync_waits_for_nobody() {
        let shared = SharedSyncs(), folder = folder
        let hasBegun = DispatchSemaphore(value: 0), mayEnd = DispatchSemaphore(value: 0)
        let first = together(1) { _ in
            try? shared.share(folder) {
                hasBegun.signal()
                mayEnd.wait()
            }
        }
        hasBegun.wait()
        var isMade = false
        try? shared.share(RawPath("/archive/today")) { isMade = true }
        #expect(isMade)
        mayEnd.signal()
        first.wait()
    }

    /// What was renamed before the call is there when it returns, whoever made the sync.
    @Test func no_sync_returns_before_one_that_began_after_the_call() {
        struct Disk {
            /// Names in the folder, and how many of them a power cut would leave.
            var names = 0
            var durable = 0
        }
        let shared = SharedSyncs(), folder = folder
        let disk = Mutex(Disk()), lost = Atomic(0), syncs = Atomic(0)
        together(8) { _ in
            for _ in 0..<200 {
                let own = disk.withLock { disk in
                    disk.names += 1
                    return disk.names
                }
                try? shared.share(folder) {
                    syncs.add(1, ordering: .relaxed)
                    // What comes while it is under way is passed by.
                    let seen = disk.withLock { $0.names }
                    sched_yield()
                    disk.withLock { $0.durable = max($0.durable, seen) }
                }
                if disk.withLock({ $0.durable }) < own { lost.add(1, ordering: .relaxed) }
            }
        }.wait()
        #expect(lost.load(ordering: .relaxed) == 0)
        #expect(syncs.load(ordering: .relaxed) <= 1600)
        #expect(shared.waiting(folder) == 0)
    }
}
