import Foundation
import ImageFolders
import InspectionPipeline
import LinuxPlatform
import Spooling
import Synchronization
import TestSupport
import Testing

/// The two queues between the inbox and the workers.
@Suite struct FrameQueueTests {
    private static let line = Configuration.Line(name: "plate", watch: "/watch")

    private static func arrived(_ name: String) -> ArrivedFrame {
        let status = FileStatus(kind: .file, size: 1, modified: 1, changed: 1, inode: 1, device: 1)
        return ArrivedFrame(Arrival(path: RawPath("/watch/\(name)"), status: status), line: line)
    }

    /// Really claimed frames, in this order.
    private func withClaims(_ names: [String], _ body: ([ClaimedFrame]) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let spool = Spool(root: folder.appendingPathComponent("spool").path)
            try spool.prepare()
            try body(
                try names.map { name in
                    let path = RawPath(folder.appendingPathComponent(name).path)
                    try FileSystem().create(path, Data(name.utf8))
                    let arrival = Arrival(path: path, status: try FileSystem().status(path))
                    let claim = try spool.claim(arrival, line: "plate", keeps: false)
                    return ClaimedFrame(claim: claim, isTaken: false, line: Self.line, seen: .now)
                })
        }
    }

    /// A worker's next jobs, as names.
    private func next(_ queues: FrameQueues, most: Int = 16) -> [String]? {
        switch queues.next(claimingAtMost: most) {
        case .claim(let frames): ["claim"] + frames.map { $0.path.name.description }
        case .inspect(let frame): ["inspect", frame.original.name.description]
        case nil: nil
        }
    }

    @Test func claims_are_inspected_before_others_are_claimed_and_new_claims_before_earlier_ones() throws {
        try withClaims(["first", "second", "third"]) { claims in
            let queues = FrameQueues(capacity: 8)
            #expect(queues.push(Self.arrived("a")) && queues.push(claims[0]) && queues.push(claims[1]))
            queues.putFirst([claims[2]])
            #expect(queues.count == 4)
            #expect(next(queues) == ["inspect", "third"])
            #expect(next(queues) == ["inspect", "first"])
            #expect(next(queues) == ["inspect", "second"])
            #expect(next(queues) == ["claim", "a"])
        }
    }

    @Test func waiting_frames_are_claimed_together_up_to_a_limit_in_their_order() {
        let queues = FrameQueues(capacity: 8)
        for name in ["a", "b", "c"] { #expect(queues.push(Self.arrived(name))) }
        #expect(next(queues, most: 2) == ["claim", "a", "b"])
        #expect(next(queues, most: 2) == ["claim", "c"])
    }

    @Test func a_producer_waits_for_room_in_full_queues() throws {
        let queues = FrameQueues(capacity: 1)
        let (first, second) = (Self.arrived("a"), Self.arrived("b"))
        #expect(queues.push(first))
        let outcome = Mutex<Bool?>(nil), done = DispatchSemaphore(value: 0)
        try SystemThread.start("pusher") {
            let isTaken = queues.push(second)
            outcome.withLock { $0 = isTaken }
            done.signal()
        }
        usleep(50_000)
        #expect(outcome.withLock { $0 } == nil && queues.count == 1)
        #expect(next(queues) == ["claim", "a"])
        done.wait()
        #expect(outcome.withLock { $0 } == true)
        #expect(next(queues) == ["claim", "b"])
    }

    @Test func a_closed_entrance_refuses_waiting_producers_and_queued_frames_are_processed() throws {
        let queues = FrameQueues(capacity: 1)
        let (first, second) = (Self.arrived("a"), Self.arrived("b"))
        #expect(queues.push(first))
        let outcome = Mutex<Bool?>(nil), done = DispatchSemaphore(value: 0)
        try SystemThread.start("pusher") {
            let isTaken = queues.push(second)
            outcome.withLock { $0 = isTaken }
            done.signal()
        }
        queues.closeEntrance()
        done.wait()
        #expect(outcome.withLock { $0 } == false)
        #expect(next(queues) == ["claim", "a"])
    }

    @Test func at_the_end_claims_are_inspected_and_other_frames_stay_in_their_folders() throws {
        try withClaims(["claimed"]) { claims in
            let queues = FrameQueues(capacity: 8)
            #expect(queues.push(Self.arrived("a")) && queues.push(claims[0]))
            queues.close()
            #expect(!queues.push(Self.arrived("late")))
            #expect(next(queues) == ["inspect", "claimed"])
            #expect(next(queues) == nil)
        }
    }
}
