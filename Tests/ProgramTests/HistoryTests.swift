import Foundation
import InspectionDomain
import Testing

extension ProgramTests {
    /// `inspectctl history` and `status`.
    @Suite struct Records {
        /// A name that a table, a shell and comma-separated values must all survive.
        private static let awkward = "part, \"left\" 1.jpg"

        private static func withFrames(_ body: (Workshop, RunningDaemon) throws -> Void) throws {
            try Workshop.open(lines: [.init(), .init(name: "second")]) { shop in
                try shop.withDaemon { daemon in
                    try shop.drop(try Pictures.flawless(1), as: awkward)
                    try shop.drop(try Pictures.defective(2), as: "defective.jpg")
                    try shop.drop(try BrokenFile.wrongChecksum.data(3), as: "broken.png", on: "second")
                    try shop.waitForResults(3)
                    try body(shop, daemon)
                }
            }
        }

        @Test func history_is_a_table_json_or_csv_by_line_verdict_and_time() throws {
            try Self.withFrames { shop, _ in
                let all = try shop.history()
                #expect(all.count == 3)
                #expect(all.map(\.createdAt) == all.map(\.createdAt).sorted(by: >), "not the newest first")
                let anomalous = try shop.control("history", "--verdict", "anomalous", "--format", "json")
                let found = try anomalous.json([Inspection].self)
                #expect(found.contains { $0.image.path.hasSuffix("/defective.jpg") })
                #expect(found.allSatisfy { $0.verdict == .anomalous })
                let second = try shop.control("history", "--line", "second", "--format", "json")
                #expect(try second.json([Inspection].self).map(\.error?.code) == ["corrupt"])
                #expect(try shop.control("history", "--since", "1h", "--limit", "2").lines.count == 3)
                usleep(1_200_000)
                #expect(try shop.control("history", "--since", "1s").output.contains("no inspections"))

                let table = try shop.control("history")
                #expect(table.lines.count == 4 && table.output.contains("error: corrupt"), "\(table.output)")
                #expect(table.lines.first?.contains("verdict") == true)

                let csv = try shop.control("history", "--csv")
                #expect(csv.lines.count == 4)
                let header = csv.lines[0].split(separator: ",").map(String.init)
                #expect(header.prefix(4) == ["created_at", "line", "verdict", "image_score"])
                let row = try #require(csv.lines.first { $0.contains("left") })
                #expect(row.contains("part, \"\"left\"\" 1.jpg\""), "\(row)")
                #expect(try shop.control("history", "--since", "yesterday").status == 64)
            }
        }

        @Test func status_counts_per_line_and_says_who_runs() throws {
            try Self.withFrames { shop, daemon in
                let status = try shop.control("status", "--format", "json", "--fail-if-down").object()
                #expect(status["running"] as? Bool == true && status["pid"] as? Int32 == daemon.pid)
                #expect(status["inspections"] as? Int == 3 && status["active"] as? Int == 0)
                #expect((status["free_bytes"] as? Int ?? 0) > 0 && status["started_at"] is String)
                let lines = try #require(status["lines"] as? [[String: Any]])
                #expect(lines.map { $0["name"] as? String } == ["plate", "second"])
                let counts = lines.map { line in
                    ["normal", "anomalous", "error", "quarantined", "waiting"].map { line[$0] as? Int ?? -1 }
                }
                #expect(counts[0][0] + counts[0][1] == 2 && counts[0][1] >= 1 && counts[0][2...] == [0, 0, 0])
                #expect(counts[1] == [0, 0, 1, 1, 0])
                #expect(lines[0]["model"] as? String == "plate" && lines[0]["version"] as? Int == 1)
                #expect((lines[0]["p95_ms"] as? Double ?? 0) > 0 && lines[0]["image_threshold"] is Double)

                let text = try shop.control("status").output
                #expect(text.contains("running (process \(daemon.pid))") && text.contains("3 inspected in all"))
                #expect(try daemon.stop() == 0)
                let down = try shop.control("status", "--fail-if-down")
                #expect(down.status == 69 && down.output.contains("not running"), "\(down.output)")
            }
        }

        @Test func before_the_first_frame_there_is_a_status_and_an_empty_history() throws {
            try Workshop.open { shop in
                let status = try shop.control("status", "--format", "json")
                #expect(status.status == 0, "\(status.errors)")
                #expect(try status.object()["running"] as? Bool == false)
                let history = try shop.control("history")
                #expect(history.status == 0 && history.output.contains("no inspections"))
            }
        }
    }
}
