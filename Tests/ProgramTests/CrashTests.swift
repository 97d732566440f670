import Foundation
import InspectionDomain
import LinuxPlatform
import SeededRandom
import Testing

extension ProgramTests {
    /// The daemon is killed at random moments.
    @Suite struct Crash {
        /// Claims that hold their frame: result id, and how often work on it has begun.
        private static func claims(_ shop: Workshop) -> [(id: String, attempts: Int)] {
            shop.inWork.flatMap { name -> [(id: String, attempts: Int)] in
                let folder = shop.spool.appendingPathComponent("active/\(name)")
                guard let data = try? Data(contentsOf: folder.appendingPathComponent("claims.json")),
                    let sheet = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                    let claims = sheet["claims"] as? [[String: Any]]
                else { return [] }
                let log = (try? String(contentsOf: folder.appendingPathComponent(".begun"), encoding: .utf8)) ?? ""
                return claims.compactMap { claim in
                    guard let id = claim["id"] as? String,
                        claim["kept"] as? Bool == true
                            || FileManager.default.fileExists(atPath: folder.appendingPathComponent(id).path)
                    else { return nil }
                    let begun = log.split(separator: "\n").filter { $0 == "\(id) begun" || $0 == "\(id) alone" }
                    return (id, begun.count)
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
                }
                try shop.withDaemon { daemon in
                    try camera(until: .now + .milliseconds(300), upTo: frames.count)
                    while dropped < frames.count { try camera(until: .now + .milliseconds(50), upTo: frames.count) }
                    try shop.waitForResults(frames.count)
                    #expect(try daemon.stop() == 0, "seed \(seed)")
                }
                try Self.expectEachOnce(frames, in: shop, after: after, seed: seed)
            }
        }

        private static func expectEachOnce(
            _ frames: [Data], in shop: Workshop, after: String, seed: UInt64
        ) throws {
            let comment = Comment(rawValue: "seed \(seed)")
            let results = try shop.results().map(\.inspection)
            let names = frames.indices.map { shop.watched().appendingPathComponent("frame-\($0).jpg").path }.sorted()
            #expect(results.map(\.image.path).sorted() == names, comment)
            #expect(try shop.history().map(\.image.path).sorted() == names, comment)

            // Killed from outside: none is set aside for it.
            #expect(try shop.quarantine().isEmpty && results.allSatisfy { $0.verdict != .error }, comment)
            // The bytes' path now: in the folder of a line that keeps its frames, nowhere for a line that deletes them.
            let watched = Array(try shop.contents(of: shop.watched()).values)
            #expect(watched.count == (after == "keep" ? frames.count : 0), comment)
            let present = try shop.archived() + watched
            #expect(hashes(present) == hashes(after == "delete" ? [] : frames), comment)
            for inspection in results where inspection.verdict != .error {
                let number = Int(inspection.image.path.split(separator: "-").last?.split(separator: ".").first ?? "")
                #expect(inspection.image.sha256 == number.map { ContentDigest.sha256(of: frames[$0]) }, comment)
            }

            let alarming = results.filter { $0.verdict != .normal }.map(\.resultID).sorted()
            #expect(try shop.alerts().map(\.id).sorted() == alarming, comment)
            #expect(alarming.count >= 12, "the defective frames were not found")
            #expect(shop.inWork.isEmpty && shop.temporary.isEmpty, comment)
            let status = try shop.control("status", "--format", "json").object()
            #expect(status["inspections"] as? Int == frames.count, comment)
            #expect(status["active"] as? Int == 0 && status["pending_alerts"] as? Int == 0, comment)
        }

        private static func hashes(_ files: [Data]) -> [String] { files.map { ContentDigest.sha256(of: $0) }.sorted() }

        /// Kills the daemon while it works on the one frame there is, for the so-manieth time.
        private static func killAtWork(_ shop: Workshop, attempt: Int) throws {
            try shop.withDaemon(waits: false) { daemon in
                try wait(for: "attempt \(attempt)") { claims(shop).contains { $0.attempts == attempt } }
                daemon.kill()
            }
            try #require(claims(shop).map(\.attempts) == [attempt])
        }

        @Test func a_frame_in_progress_at_one_kill_is_inspected_after_the_restart() throws {
            try Workshop.open { shop in
                try shop.drop(try Pictures.large(1), as: "large.jpg")
                try Self.killAtWork(shop, attempt: 1)
                #expect(shop.files(in: shop.watched()).isEmpty)
                try shop.withDaemon { daemon in
                    try daemon.waitForLog("1 frame was in progress when inspectd last ended")
                    #expect(try shop.result(of: "large.jpg").inspection.verdict != .error)
                    try shop.waitForResults(1)
                }
                #expect(try shop.archived().count == 1)
                #expect(try shop.quarantine().isEmpty)
            }
        }

        @Test func a_frame_in_progress_at_six_kills_from_outside_is_inspected_when_they_end() throws {
            try Workshop.open { shop in
                let picture = try Pictures.large(2)
                try shop.drop(picture, as: "large.jpg")
                for attempt in 1...6 { try Self.killAtWork(shop, attempt: attempt) }
                // It rests longer before each attempt; a neighbour does not wait for that.
                try shop.withDaemon { daemon in
                    try shop.drop(try Pictures.flawless(3), as: "neighbour.jpg")
                    #expect(try shop.result(of: "neighbour.jpg").inspection.verdict != .error)
                    #expect(daemon.isRunning)
                    try shop.waitForResults(2, upTo: 120)
                }
                #expect(try shop.results().allSatisfy { $0.inspection.verdict != .error })
                #expect(try shop.archived().contains(picture) && shop.quarantine().isEmpty)
            }
        }

        @Test(arguments: [SIGSEGV, SIGABRT])
        func a_fatal_signal_from_another_process_is_a_kill_from_outside(signal: Int32) throws {
            try Workshop.open { shop in
                try shop.drop(try Pictures.large(4), as: "large.jpg")
                for attempt in 1...3 {
                    try shop.withDaemon(waits: false) { daemon in
                        try wait(for: "attempt \(attempt)") {
                            Self.claims(shop).contains { $0.attempts == attempt }
                        }
                        daemon.signal(signal)
                        #expect(try daemon.end() == -signal)
                    }
                }
                try shop.withDaemon { daemon in
                    try daemon.waitForLog("was killed from outside (\(signal == SIGSEGV ? "SIGSEGV" : "SIGABRT"))")
                    try shop.waitForResults(1)
                }
                #expect(try shop.results().map(\.inspection.verdict) != [.error])
                #expect(try shop.quarantine().isEmpty && shop.archived().count == 1)
            }
        }

        @Test func a_frame_alone_in_progress_at_eight_kills_is_set_aside_with_that_reason() throws {
            try Workshop.open { shop in
                let picture = try Pictures.large(5)
                try shop.drop(picture, as: "large.jpg")
                try Self.killAtWork(shop, attempt: 1)
                // As after eight retries alone, a minute apart at the end.
                let claim = try #require(Self.claims(shop).first)
                let log = shop.spool.appendingPathComponent("active/\(shop.inWork[0])/.begun")
                let handle = try FileHandle(forWritingTo: log)
                try handle.seekToEnd()
                try handle.write(contentsOf: Data(String(repeating: "\(claim.id) alone\n", count: 8).utf8))
                try handle.close()
                try shop.withDaemon { daemon in
                    let first = try shop.result(of: "large.jpg").inspection
                    #expect(first.error?.code == "killed-from-outside")
                    #expect(first.error?.message.contains("8 times while this frame was in progress alone") == true)
                    try wait(for: "the quarantine") { try shop.quarantine().count == 1 && shop.inWork.isEmpty }
                    #expect(try shop.control("requeue", "--code", "killed-from-outside", "--all").status == 0)
                    try shop.waitForResults(2)
                }
                #expect(try shop.archived() == [picture] && shop.quarantine().isEmpty)
            }
        }

        @Test func a_clean_end_with_frames_in_progress_blames_no_frame() throws {
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
