import Foundation
import InspectionDomain
import LinuxPlatform
import Testing

extension ProgramTests {
    /// The daemon dies at moments of nobody's choice.
    @Suite struct Crash {
        /// Claims that hold their frame: result id, and how often work on it has begun.
        private static func claims(_ shop: Workshop) -> [(id: String, attempts: Int)] {
            shop.inWork.flatMap { name -> [(id: String, attempts: Int)] in
                let folder = shop.spool.appendingPathComponent("active/\(name)")
                guard let data = try? Data(contentsOf: folder.appendingPathComponent("claims.json")),
                    let sheet = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                    let claims = sheet["claims"] as? [[String: Any]]
                else { return [] }
                let begun = (try? String(contentsOf: folder.appendingPathComponent(".begun"), encoding: .utf8)) ?? ""
                return claims.compactMap { claim in
                    guard let id = claim["id"] as? String, let attempts = claim["attempts"] as? Int,
                        claim["kept"] as? Bool == true
                            || FileManager.default.fileExists(atPath: folder.appendingPathComponent(id).path)
                    else { return nil }
                    return (id, attempts == 0 && begun.contains(id) ? 1 : attempts)
                }
            }
        }

        @Test(arguments: ["archive", "keep", "delete"])
        func killed_at_random_moments_the_daemon_loses_nothing_and_does_nothing_twice(after: String) throws {
            let seed = UInt64.random(in: 0...999_999)
            var random = SplitMix64(seed: seed)
            // Some defective, so that alerts are at stake too.
            let frames = try (0..<72).map { try $0 % 6 == 5 ? Pictures.defective($0) : Pictures.flawless($0) }
            var dropped = 0
            // Frames that were in work when the daemon was killed for at least the second time.
            var caughtTwice: Set<String> = []
            try Workshop.open(lines: [.init(after: after)]) { shop in
                func camera(until end: ContinuousClock.Instant, upTo limit: Int) throws {
                    while ContinuousClock.now < end {
                        if dropped < limit {
                            try shop.drop(frames[dropped], as: "frame-\(dropped).jpg")
                            dropped += 1
                        }
                        usleep(UInt32.random(in: 500...12_000, using: &random))
                    }
                }
                for round in 1...6 {
                    // Some kills come while it starts.
                    try shop.withDaemon(waits: round % 3 != 0) { daemon in
                        let life = Int.random(in: 5...400, using: &random)
                        try camera(until: .now + .milliseconds(life), upTo: 12 * round)
                        daemon.kill()
                    }
                    caughtTwice.formUnion(Self.claims(shop).filter { $0.attempts >= 2 }.map(\.id))
                }
                try shop.withDaemon { daemon in
                    try camera(until: .now + .milliseconds(300), upTo: frames.count)
                    while dropped < frames.count { try camera(until: .now + .milliseconds(50), upTo: frames.count) }
                    try shop.waitForResults(frames.count)
                    #expect(try daemon.stop() == 0, "seed \(seed)")
                }
                try Self.expectEachOnce(frames, in: shop, after: after, mayBeAside: caughtTwice, seed: seed)
            }
        }

        private static func expectEachOnce(
            _ frames: [Data], in shop: Workshop, after: String, mayBeAside: Set<String>, seed: UInt64
        ) throws {
            let comment = Comment(rawValue: "seed \(seed)")
            let results = try shop.results().map(\.inspection)
            let names = frames.indices.map { shop.watched().appendingPathComponent("frame-\($0).jpg").path }.sorted()
            #expect(results.map(\.image.path).sorted() == names, comment)
            #expect(try shop.history().map(\.image.path).sorted() == names, comment)

            let aside = try shop.quarantine()
            for (reason, _) in aside {
                #expect(reason.error.code == "crashed-twice" && mayBeAside.contains(reason.resultID), comment)
            }
            #expect(results.count { $0.verdict == .error } == aside.count, comment)
            // Where the bytes are now: of a line that keeps its frames in its folder, of one that deletes them nowhere.
            let watched = Array(try shop.contents(of: shop.watched()).values)
            #expect(watched.count == (after == "keep" ? frames.count : 0), comment)
            var present = try shop.archived() + watched
            if after == "archive" {
                for (reason, file) in aside {
                    let name = URL(fileURLWithPath: reason.original).lastPathComponent
                    present.append(try Data(contentsOf: file.deletingLastPathComponent().appendingPathComponent(name)))
                }
            }
            #expect(hashes(present) == hashes(after == "delete" ? [] : frames), comment)
            for inspection in results where inspection.verdict != .error {
                let number = Int(inspection.image.path.split(separator: "-").last?.split(separator: ".").first ?? "")
                #expect(inspection.image.sha256 == number.map { SHA256.hex(of: frames[$0]) }, comment)
            }

            let alarming = results.filter { $0.verdict != .normal }.map(\.resultID).sorted()
            #expect(try shop.alerts().map(\.id).sorted() == alarming, comment)
            #expect(alarming.count >= 12, "the defective frames were not found")
            #expect(shop.inWork.isEmpty && shop.temporary.isEmpty, comment)
            let status = try shop.control("status", "--format", "json").object()
            #expect(status["inspections"] as? Int == frames.count, comment)
            #expect(status["active"] as? Int == 0 && status["pending_alerts"] as? Int == 0, comment)
        }

        private static func hashes(_ files: [Data]) -> [String] { files.map { SHA256.hex(of: $0) }.sorted() }

        /// Kills the daemon while it works on the one frame there is, for the so-manieth time.
        private static func killAtWork(_ shop: Workshop, attempt: Int) throws {
            try shop.withDaemon(waits: false) { daemon in
                try wait(for: "attempt \(attempt)") { claims(shop).contains { $0.attempts == attempt } }
                daemon.kill()
            }
            try #require(claims(shop).map(\.attempts) == [attempt])
        }

        @Test func a_frame_in_work_at_one_kill_is_inspected_after_the_restart() throws {
            try Workshop.open { shop in
                try shop.drop(try Pictures.large(1), as: "large.jpg")
                try Self.killAtWork(shop, attempt: 1)
                #expect(shop.files(in: shop.watched()).isEmpty)
                try shop.withDaemon { daemon in
                    try daemon.waitForLog("1 frame(s) were in work when inspectd last ended")
                    #expect(try shop.result(of: "large.jpg").inspection.verdict != .error)
                    try shop.waitForResults(1)
                }
                #expect(try shop.archived().count == 1)
                #expect(try shop.quarantine().isEmpty)
            }
        }

        @Test func a_frame_in_work_at_two_kills_is_set_aside_and_comes_back_when_asked_for() throws {
            try Workshop.open { shop in
                let picture = try Pictures.large(2)
                try shop.drop(picture, as: "large.jpg")
                try Self.killAtWork(shop, attempt: 1)
                try Self.killAtWork(shop, attempt: 2)
                try shop.withDaemon { daemon in
                    let first = try shop.result(of: "large.jpg").inspection
                    #expect(first.verdict == .error && first.error?.code == "crashed-twice")
                    try wait(for: "the quarantine") { try shop.quarantine().count == 1 && shop.inWork.isEmpty }
                    #expect(try shop.control("requeue", first.resultID).status == 0)
                    try shop.waitForResults(2)
                    #expect(daemon.isRunning)
                }
                let verdicts = try shop.results().map(\.inspection.verdict)
                #expect(verdicts.count == 2 && verdicts.count { $0 == .error } == 1)
                #expect(try shop.archived() == [picture])
                #expect(try shop.quarantine().isEmpty)
            }
        }

        @Test func a_clean_end_with_frames_in_work_blames_no_frame() throws {
            try Workshop.open { shop in
                try shop.drop(try Pictures.large(3), as: "large.jpg")
                try Self.killAtWork(shop, attempt: 1)
                for _ in 0..<3 {
                    let status = try shop.withDaemon { try $0.stop() }
                    #expect(status == 0)
                }
                try shop.withDaemon { _ in try shop.waitForResults(1) }
                #expect(try shop.results().map(\.inspection.verdict) != [.error])
                #expect(try shop.archived().count == 1)
            }
        }
    }
}
