import Foundation
import InspectionDomain
import LinuxPlatform
import TestSupport
import Testing

extension ProgramTests {
    /// One line's trouble is that line's alone.
    @Suite struct LineTrouble {
        /// Damage to the files of a model in the state folder.
        enum Damage: String, CaseIterable, CustomTestStringConvertible {
            case truncated, flipped, missing, newerFormat, recordMissing, recordOfANewerSchema, calibrationMissing
            case calibrationDamaged, activeDamaged, modelMissing

            var testDescription: String { rawValue }

            /// The exit code of `config check` and `inspectd --check`.
            var status: Int32 {
                switch self {
                case .missing, .calibrationMissing, .modelMissing, .recordMissing: 66
                default: 65
                }
            }

            /// - Parameter model: `models/<name>` of a state folder.
            func happen(to model: URL) throws {
                let version = model.appendingPathComponent("1")
                let file = version.appendingPathComponent("model.safetensors")
                let record = version.appendingPathComponent("model.json")
                let calibrations = version.appendingPathComponent("calibrations")
                switch self {
                case .truncated:
                    let data = try Data(contentsOf: file)
                    try data.prefix(data.count / 2).write(to: file)
                case .flipped:
                    var data = try Data(contentsOf: file)
                    data[data.count - 1000] ^= 4
                    try data.write(to: file)
                case .missing: try FileManager.default.removeItem(at: file)
                case .newerFormat:
                    var data = try Data(contentsOf: file)
                    let place = try #require(data.range(of: Data("\"format\":\"".utf8))).upperBound
                    data[place] = UInt8(ascii: "9")
                    try change(
                        record, ContentDigest.sha256(of: try Data(contentsOf: file)), ContentDigest.sha256(of: data))
                    try data.write(to: file)
                case .recordMissing: try FileManager.default.removeItem(at: record)
                case .recordOfANewerSchema: try change(record, "\"schema\" : 1", "\"schema\" : 9")
                case .calibrationMissing: try FileManager.default.removeItem(at: calibrations)
                case .calibrationDamaged:
                    for name in try FileManager.default.contentsOfDirectory(atPath: calibrations.path) {
                        try Data("{".utf8).write(to: calibrations.appendingPathComponent(name))
                    }
                case .activeDamaged: try Data().write(to: model.appendingPathComponent("active.json"))
                case .modelMissing: try FileManager.default.removeItem(at: model)
                }
            }

            private func change(_ file: URL, _ old: String, _ new: String) throws {
                let text = try String(contentsOf: file, encoding: .utf8)
                try #require(text.contains(old))
                try Data(text.replacingOccurrences(of: old, with: new).utf8).write(to: file)
            }
        }

        /// Two lines, each with a model of its own.
        private func withTwoLines(_ body: (Workshop, _ lid: URL) throws -> Void) throws {
            try Workshop.open(lines: [.init(), .init(name: "lid", model: "lid")]) { shop in
                let models = shop.state.appendingPathComponent("models"), lid = models.appendingPathComponent("lid")
                try FileManager.default.copyItem(at: models.appendingPathComponent("plate"), to: lid)
                for path in shop.files(in: lid) where path.hasSuffix(".json") {
                    let file = lid.appendingPathComponent(path)
                    let text = try String(contentsOf: file, encoding: .utf8)
                    try Data(text.replacingOccurrences(of: "\"plate\"", with: "\"lid\"").utf8).write(to: file)
                }
                try body(shop, lid)
            }
        }

        private func restore(_ model: URL, from safe: URL) throws {
            if FileManager.default.fileExists(atPath: model.path) { try FileManager.default.removeItem(at: model) }
            try FileManager.default.moveItem(at: safe, to: model)
        }

        private func line(_ name: String, _ shop: Workshop) throws -> [String: Any] {
            let lines = try shop.control("status", "--format", "json").object()["lines"] as? [[String: Any]]
            return try #require(lines?.first { $0["name"] as? String == name })
        }

        @Test(arguments: Damage.allCases)
        func a_line_whose_model_cannot_be_used_is_down_until_it_is_restored_and_the_others_run(
            _ damage: Damage
        ) throws {
            try withTwoLines { shop, lid in
                let safe = shop.root.appendingPathComponent("safe")
                try FileManager.default.copyItem(at: lid, to: safe)
                #expect(try shop.control("config", "check").status == 0)
                try damage.happen(to: lid)

                let check = try shop.control("config", "check")
                #expect(check.status == damage.status, "\(check.errors)")
                #expect(check.errors.contains("lines[1].model: line lid: "), "\(check.errors)")
                let start = try ProgramRun("inspectd", ["--config", shop.configurationFile, "--check"])
                #expect(start.status == damage.status && start.errors.contains("line lid: "), "\(start.errors)")

                try shop.withDaemon { daemon in
                    #expect(daemon.messages.contains { $0.contains(" ready: 1 line (plate, down: lid)") })
                    for index in 0..<20 { try shop.drop(try Pictures.flawless(index), as: "\(index).jpg", on: "lid") }
                    try shop.drop(try Pictures.flawless(1), as: "other.jpg")
                    #expect(try shop.result(of: "other.jpg").inspection.line == "plate")
                    try wait(for: "status to tell") { try line("lid", shop)["up"] as? Bool == false }
                    let status = try line("lid", shop)
                    #expect((status["problem"] as? String)?.contains("lid") == true, "\(status)")
                    #expect(status["intake_stopped"] != nil && status["waiting"] as? Int == 20)
                    #expect(try line("plate", shop)["up"] as? Bool == true)
                    #expect(try shop.control("status").output.contains("line lid: down: "))
                    #expect(daemon.messages.count { $0.contains("line lid is down") } == 1)

                    try restore(lid, from: safe)
                    try daemon.waitForLog("line lid is up again")
                    try shop.waitForResults(21)
                    #expect(try daemon.stop() == 0)
                }
                #expect(try shop.results().allSatisfy { $0.inspection.verdict != .error })
                #expect(try shop.history().count == 21 && shop.archived().count == 21)
            }
        }

        @Test func a_frame_in_progress_waits_for_its_lines_model_without_counting_attempts() throws {
            try withTwoLines { shop, lid in
                let safe = shop.root.appendingPathComponent("safe")
                try FileManager.default.copyItem(at: lid, to: safe)
                try shop.drop(try Pictures.large(1), as: "large.jpg", on: "lid")
                try shop.withDaemon { daemon in
                    try wait(for: "the frame to be in progress") { !shop.inWork.isEmpty }
                    daemon.kill()
                }
                guard !shop.inWork.isEmpty else { return }
                try Damage.flipped.happen(to: lid)
                for _ in 0..<4 {
                    try shop.withDaemon { daemon in
                        try daemon.waitForLog("line lid is down")
                        usleep(300_000)
                        daemon.kill()
                    }
                }
                try restore(lid, from: safe)
                try shop.withDaemon { _ in try shop.waitForResults(1) }
                #expect(try shop.results().map(\.inspection.verdict) == [.normal])
            }
        }

        @Test(arguments: [Damage.flipped, .missing])
        func with_no_line_that_works_it_ends_with_a_code_that_is_not_retried(_ damage: Damage) throws {
            try withTwoLines { shop, lid in
                for model in [lid, lid.deletingLastPathComponent().appendingPathComponent("plate")] {
                    try damage.happen(to: model)
                }
                let run = try ProgramRun("inspectd", ["--config", shop.configurationFile], within: 20)
                #expect(run.status == damage.status, "\(run.errors)")
                #expect(run.errors.contains("line lid: ") && run.errors.contains("line plate: "), "\(run.errors)")
                #expect(!run.errors.contains(" ready"))
                let unit = try String(
                    contentsOf: Programs.project.appendingPathComponent("systemd/inspectd.service"), encoding: .utf8)
                let codes = unit.split(separator: "\n").first { $0.hasPrefix("RestartPreventExitStatus=") }
                #expect(codes?.contains("\(damage.status)") == true)
                #expect(codes?.contains("74") == false && codes?.contains("69") == false)
            }
        }

        @Test func a_reload_takes_a_line_with_a_damaged_model_out_of_service_and_refuses_an_unknown_one() throws {
            try withTwoLines { shop, lid in
                try shop.configure([.init()])
                try shop.withDaemon { daemon in
                    try shop.configure([.init(), .init(name: "lid", model: "lit")])
                    daemon.signal(SIGHUP)
                    #expect(try daemon.waitForLog("reload refused").contains("model 'lit' does not exist"))
                    try Damage.flipped.happen(to: lid)
                    try shop.configure([.init(), .init(name: "lid", model: "lid")])
                    daemon.signal(SIGHUP)
                    try daemon.waitForLog("reloaded: 2 lines")
                    try daemon.waitForLog("line lid is down")
                    try shop.drop(try Pictures.flawless(1), as: "a.jpg")
                    try shop.waitForResults(1)
                }
            }
        }

        @Test func a_new_line_whose_folder_is_missing_is_down_until_it_is_made() throws {
            try withTwoLines { shop, _ in
                try FileManager.default.removeItem(at: shop.watched("lid"))
                #expect(try shop.control("config", "check").status == 78)
                try shop.withDaemon { daemon in
                    try daemon.waitForLog("line lid is down: the folder")
                    try FileManager.default.createDirectory(at: shop.watched("lid"), withIntermediateDirectories: true)
                    try daemon.waitForLog("line lid is up again")
                    try shop.drop(try Pictures.flawless(1), as: "a.jpg", on: "lid")
                    try shop.waitForResults(1)
                }
            }
        }
    }
}
