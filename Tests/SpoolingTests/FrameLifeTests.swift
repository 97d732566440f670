import Foundation
import InspectionDomain
import LinuxPlatform
import Spooling
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// One line's folders in a temporary place, and the steps of a frame's life as the daemon takes them.
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

    func files(_ path: RawPath) -> [RawPath] {
        guard let entries = try? FileSystem().list(path) else { return [] }
        return entries.flatMap { entry in
            let child = path.appending(entry.name)
            return entry.kind == .folder ? files(child) : [child]
        }
    }
}

/// Stands for the ledger: what it holds survives the process.
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
            ledger.ids.contains(claim.id) ? claim : try plant.spool.beginAgain(claim)
        }
        var inbox = Inbox(folder: plant.watch)
        for arrival in try inbox.scan().arrivals {
            claims.append(try plant.spool.claim(arrival, line: "a", keeps: false))
        }
        for claim in claims {
            if !ledger.ids.contains(claim.id) {
                guard try plant.spool.take(claim) else { continue }
                try plant.spool.publish(["result.json": Data(claim.id.utf8), "overlay.jpg": Data([1])], for: claim)
                ledger.ids.append(claim.id)
            }
            try plant.spool.archive(claim)
        }
    }

    @Test func a_frame_is_recorded_once_wherever_the_process_dies() throws {
        var calls = 0
        while true {
            let died = try withTemporaryFolder { folder in
                let ledger = MemoryLedger()
                let death = Death(after: calls)
                let plant = try Plant(folder, fileSystem: death.fileSystem)
                try plant.arrive(RawPath("frame one.png"), "picture")
                try? live(plant, ledger)
                let second = try Plant(folder)
                try live(second, ledger)
                #expect(ledger.ids.count == 1, "died at call \(calls)")
                let archived = second.files(second.spool.archive)
                #expect(archived.count == 1, "died at call \(calls)")
                #expect(try archived.map { try FileSystem().read($0) } == [Data("picture".utf8)])
                #expect(archived.first?.name.description.hasPrefix("frame one-") == true)
                let results = second.files(second.spool.results)
                #expect(Set(results.map(\.parent)).count == 1, "died at call \(calls)")
                #expect(results.count == 2)
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
            try plant.spool.prepare()
            try plant.arrive(RawPath("a.jpg"), "x")
            var inbox = Inbox(folder: plant.watch)
            let claim = try plant.spool.claim(try inbox.scan().arrivals[0], line: "a", keeps: false)
            try #require(try plant.spool.take(claim))
            #expect(claim.attempts == 1)
            let again = try plant.spool.beginAgain(try #require(try plant.spool.recover().first))
            #expect(again.attempts == 2)
            let third = try #require(try plant.spool.recover().first)
            #expect(third.attempts == 2)
            #expect(third.id == claim.id)
        }
    }

    @Test(arguments: [
        RawPath("with space.jpg"), RawPath("new\nline.jpg"), RawPath(bytes: [0x61, 0xff, 0xfe] + Array(".jpg".utf8)),
        RawPath(String(repeating: "n", count: 251) + ".jpg"), RawPath("-rf.jpg"), RawPath("reason.json"),
    ])
    func an_odd_name_survives(_ name: RawPath) throws {
        try withTemporaryFolder { folder in
            let plant = try Plant(folder)
            try plant.spool.prepare()
            try plant.arrive(name, "one")
            var inbox = Inbox(folder: plant.watch)
            let claim = try plant.spool.claim(try inbox.scan().arrivals[0], line: "a", keeps: false)
            try #require(try plant.spool.take(claim))
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
            let arrival = try inbox.scan().arrivals[0]
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

    @Test func an_alert_that_was_taken_does_not_come_back() throws {
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
