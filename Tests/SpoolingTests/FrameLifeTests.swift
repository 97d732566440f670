import Foundation
import ImageFolders
import InspectionDomain
import LinuxPlatform
import Spooling
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// One line's folders in a temporary folder, and the steps of the life of a frame, in the daemon's order.
struct Plant {
    let folder: URL
    let spool: Spool
    var watch: String { folder.appendingPathComponent("watch").path }

    init(_ folder: URL, fileSystem: FileSystem = FileSystem()) throws {
        self.folder = folder
        spool = Spool(root: folder.appendingPathComponent("spool").path, fileSystem: fileSystem)
        try FileSystem().makeFolder(RawPath(watch))
    }

    func arrive(_ name: RawPath, _ content: String) throws {
        try FileSystem().create(RawPath(watch).appending(name), Data(content.utf8))
    }

    /// A frame that arrived in a prepared spool, was claimed and has left its folder.
    func takeFrame(_ name: RawPath = RawPath("a.jpg"), _ content: String = "x") throws -> Claim {
        try spool.prepare()
        try arrive(name, content)
        let path = RawPath(watch).appending(name)
        let claim = try spool.claim(
            Arrival(path: path, status: try FileSystem().status(path)), line: "a", keeps: false)
        try #require(try spool.take(claim))
        return claim
    }

    func files(_ path: RawPath) -> [RawPath] {
        guard let entries = try? FileSystem().list(path) else { return [] }
        return entries.flatMap { entry in
            let child = path.appending(entry.name)
            return entry.kind == .folder ? files(child) : [child]
        }
    }
}

/// Stands for the ledger: its content survives the process.
final class MemoryLedger {
    var ids: [String] = []
}

/// A process that dies: every call from the n-th on fails, as if it were never made.
final class Death: Sendable {
    private let remaining: Mutex<Int>
    init(after calls: Int) { remaining = Mutex(calls) }
    var fileSystem: FileSystem {
        FileSystem { call, _ in
            // Only calls that change something are steps.
            guard ["open", "write", "fsync", "rename", "unlink", "mkdir", "rmdir"].contains(call) else { return nil }
            return self.remaining.withLock { left in
                left -= 1
                return left < 0 ? .error(EIO) : nil
            }
        }
    }
    var happened: Bool { remaining.withLock { $0 < 0 } }
}

@Suite struct FrameLifeTests {
    /// The daemon's order: claim, results, commit, archive. `commit` is the ledger's transaction.
    private func live(_ plant: Plant, _ ledger: MemoryLedger) throws {
        try plant.spool.prepare()
        var claims = try plant.spool.recover().map { claim -> Claim in
            ledger.ids.contains(claim.id) ? claim : try plant.spool.begin(claim, alone: true)
        }
        var inbox = Inbox(folder: plant.watch)
        let arrived = try inbox.scan().images.map { Intake($0, line: "a", keeps: false) }
        if !arrived.isEmpty { claims += try plant.spool.claim(arrived) }
        let taken = plant.spool.take(claims)
        for (claim, outcome) in zip(claims, taken) {
            if !ledger.ids.contains(claim.id) {
                guard try outcome.get() else { continue }
                if claim.attempts == 0 { _ = try plant.spool.begin(claim) }
                try plant.spool.publish(["result.json": Data(claim.id.utf8), "overlay.jpg": Data([1])], for: claim)
                ledger.ids.append(claim.id)
            }
            try plant.spool.archive(claim)
        }
    }

    @Test(arguments: [1, 3])
    func a_frame_is_recorded_once_wherever_the_process_dies(frames: Int) throws {
        var calls = 0
        while true {
            let died = try withTemporaryFolder { folder in
                let ledger = MemoryLedger()
                let death = Death(after: calls)
                let plant = try Plant(folder, fileSystem: death.fileSystem)
                let names = (0..<frames).map { "frame \($0).png" }
                for name in names { try plant.arrive(RawPath(name), "image of \(name)") }
                try? live(plant, ledger)
                let second = try Plant(folder)
                try live(second, ledger)
                #expect(ledger.ids.count == frames, "died at call \(calls)")
                let archived = second.files(second.spool.archive).sorted()
                #expect(
                    try archived.map { String(decoding: try FileSystem().read($0), as: UTF8.self) }
                        == names.map { "image of \($0)" }, "died at call \(calls)")
                #expect(zip(archived, names).allSatisfy { $0.name.description.hasPrefix($1.dropLast(4) + "-") })
                let results = second.files(second.spool.results)
                #expect(Set(results.map(\.parent)).count == frames, "died at call \(calls)")
                #expect(results.count == 2 * frames)
                for rest in ["tmp", "active"] {
                    #expect(second.files(second.spool.root / rest).isEmpty, "died at call \(calls)")
                }
                #expect(second.files(RawPath(second.watch)).isEmpty)
                return death.happened
            }
            if !died { break }
            calls += 1
        }
        // Claiming, publishing and archiving take dozens of calls; fewer would mean that the test met none of them.
        #expect(calls > 30)
    }

    @Test func an_interrupted_frame_counts_its_attempts() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let claim = try plant.takeFrame()
            #expect(claim.attempts == 0)
            #expect(try plant.spool.recover().map(\.attempts) == [0], "its work had not begun")
            #expect(try plant.spool.begin(claim).attempts == 1)
            #expect(try plant.spool.recover().map(\.attempts) == [1])
            let again = try plant.spool.begin(try #require(try plant.spool.recover().first), alone: true)
            #expect(again.attempts == 2)
            let third = try #require(try plant.spool.recover().first)
            #expect(third.attempts == 2)
            #expect(third.id == claim.id)
        }
    }

    @Test func frames_claimed_together_have_one_record_until_the_last_has_left() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            try plant.spool.prepare()
            for name in ["a.jpg", "b.jpg", "c.jpg"] { try plant.arrive(RawPath(name), name) }
            var inbox = Inbox(folder: plant.watch)
            let arrivals = try inbox.scan().images.sorted { $0.path < $1.path }
            let claims = try plant.spool.claim(arrivals.map { Intake($0, line: "a", keeps: false) })
            // The camera removes one.
            try FileSystem().remove(claims[1].original)
            #expect(try plant.spool.take(claims).map { try $0.get() } == [true, false, true])
            let active = plant.spool.root / "active"
            #expect(try FileSystem().list(active).count == 1)
            _ = try plant.spool.begin(claims[2])
            #expect(try plant.spool.countActive() == 2)

            let left = try plant.spool.recover()
            #expect(left.map(\.original) == [claims[0].original, claims[2].original])
            #expect(left.map(\.attempts) == [0, 1], "only what was in work is suspected")
            try plant.spool.archive(left[0])
            #expect(try plant.spool.recover().map(\.id) == [claims[2].id])
            try plant.spool.archive(left[1])
            #expect(try FileSystem().list(active).isEmpty)
        }
    }

    @Test func a_damaged_record_leaves_its_frames_as_orphans() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            try plant.spool.prepare()
            for name in ["a.jpg", "b.jpg"] { try plant.arrive(RawPath(name), name) }
            var inbox = Inbox(folder: plant.watch)
            let claims = try plant.spool.claim(
                try inbox.scan().images.map { Intake($0, line: "a", keeps: false) })
            _ = plant.spool.take(claims)
            try FileSystem().create(claims[0].frame.parent / "claims.json", Data("{".utf8))
            let orphans = try plant.spool.recover()
            #expect(orphans.map(\.line) == ["orphans", "orphans"])
            #expect(
                try orphans.map { String(decoding: try FileSystem().read($0.frame), as: UTF8.self) }.sorted() == [
                    "a.jpg", "b.jpg",
                ])
        }
    }

    @Test func a_record_with_a_damaged_path_leaves_its_frame_as_an_orphan() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let claim = try plant.takeFrame()
            let record = claim.frame.parent / "claims.json"
            let text = String(decoding: try FileSystem().read(record), as: UTF8.self)
            try FileSystem().create(
                record, Data(text.replacingOccurrences(of: claim.original.hex, with: "no hex").utf8))
            let orphan = try #require(try plant.spool.recover().first)
            #expect(orphan.line == "orphans")
            #expect(try FileSystem().read(orphan.frame) == Data("x".utf8))
        }
    }

    @Test(arguments: ["", "claim.json", "claims.json"])
    func a_claim_of_an_earlier_version_is_resumed(damaged: String) throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            try plant.spool.prepare()
            let former = plant.spool.root / "active" / "0123456789abc0123456a"
            try FileSystem().makeFolder(former)
            try FileSystem().makeFolder(plant.spool.root / "spare" / "x")
            let original = RawPath(plant.watch) / "old one.jpg"
            let record = """
                {"schema": 1, "id": "0123456789abc0123456a", "line": "a", "original": "\(original.hex)", "attempts": 1,
                 "original_text": "-", "claimed_at": "2026-01-31T08:15:30.123Z", "kept": false, "fingerprint": "f"}
                """
            try FileSystem().create(former / "claim.json", Data((damaged == "claim.json" ? "{" : record).utf8))
            try FileSystem().create(former / "frame", Data("old".utf8))
            if damaged == "claims.json" { try FileSystem().create(former / "claims.json", Data("{".utf8)) }
            let claim = try #require(try plant.spool.recover().first)
            #expect(claim.id == "0123456789abc0123456a")
            #expect(try FileSystem().read(claim.frame) == Data("old".utf8))
            if damaged.isEmpty {
                #expect((claim.line, claim.original, claim.attempts) == ("a", original, 1))
                #expect(try plant.spool.begin(claim, alone: true).attempts == 2)
            } else {
                #expect(claim.line == "orphans")
            }
            try plant.spool.archive(claim)
            #expect(plant.files(plant.spool.root / "active").isEmpty)
            #expect(try !FileSystem().exists(plant.spool.root / "spare"))
        }
    }

    @Test(arguments: [
        RawPath("with space.jpg"), RawPath("new\nline.jpg"), RawPath(bytes: [0x61, 0xff, 0xfe] + Array(".jpg".utf8)),
        RawPath(String(repeating: "n", count: 251) + ".jpg"), RawPath("-rf.jpg"), RawPath("reason.json"),
    ])
    func a_name_of_any_bytes_survives(_ name: RawPath) throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let claim = try plant.takeFrame(name, "one")
            let recovered = try #require(try plant.spool.recover().first)
            #expect(recovered.original.name == name)
            try plant.spool.publish(["result.json": Data()], for: recovered)
            let folder = try plant.spool.quarantine(claim, error: InspectionError(code: "corrupt", message: "no end"))
            let reason = try DomainJSON.decoder().decode(
                QuarantineReason.self, from: try FileSystem().read(folder / "reason.json"))
            #expect(RawPath(hex: reason.originalHex)?.name == name)
            #expect(reason.error.code == "corrupt")
            let frames = plant.files(folder).filter { $0.name != RawPath("reason.json") }
            #expect(try frames.map { try FileSystem().read($0) } == [Data("one".utf8)])
        }
    }

    @Test func the_same_bytes_under_the_same_name_twice_are_two_inputs() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            let ledger = MemoryLedger()
            for _ in 0..<2 {
                try plant.arrive(RawPath("a.jpg"), "same")
                try live(plant, ledger)
            }
            #expect(Set(ledger.ids).count == 2)
            #expect(plant.files(plant.spool.archive).count == 2)
        }
    }

    @Test func a_kept_frame_stays_and_has_one_identity() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            try plant.spool.prepare()
            try plant.arrive(RawPath("a.jpg"), "x")
            var inbox = Inbox(folder: plant.watch)
            let arrival = try inbox.scan().images[0]
            let claim = try plant.spool.claim(arrival, line: "a", keeps: true)
            try plant.spool.archive(claim)
            #expect(plant.files(RawPath(plant.watch)).count == 1)
            #expect(try plant.spool.claim(arrival, line: "a", keeps: true).id == claim.id)
        }
    }

    @Test func a_second_daemon_is_refused_by_name() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            try plant.spool.prepare()
            let lock = try plant.spool.lock()
            try withExtendedLifetime(lock) {
                let refused = try #require(throws: FileLock.Held.self) { try plant.spool.lock() }
                #expect(refused.holder == String(getpid()))
            }
        }
    }

    @Test func a_consumed_alert_is_not_delivered_again() throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            try plant.spool.prepare()
            let alert = Alert(
                id: "abc", kind: .anomaly, line: "a", createdAt: Date(timeIntervalSince1970: 0), verdict: .anomalous,
                message: "m")
            try plant.spool.deliver(alert)
            try plant.spool.deliver(alert)
            #expect(plant.files(plant.spool.alertsNew).map(\.name.description) == ["abc.json"])
            try FileSystem().rename(plant.spool.alertsNew / "abc.json", to: plant.spool.alertsCurrent / "abc.json")
            try plant.spool.deliver(alert)
            #expect(plant.files(plant.spool.alertsNew).isEmpty)
        }
    }
}
