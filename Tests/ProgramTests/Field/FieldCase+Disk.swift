import Foundation
import InspectionDomain
import TestSupport

#if canImport(Glibc)
    import Glibc
#endif

extension FieldCase {
    /// Disk, clock and kernel.
    static let disk: [FieldCase] = [
        clock("the clock stands at 1970 for one start", "1970-01-02 03:04:05"),
        clock("the clock is years ahead for one start", "2093-01-02 03:04:05"),
        FieldCase(
            "a retention goal that the disk cannot give",
            right: "refused by config check and at start; nothing is removed"
        ) {
            try inWorkshop { shop in
                try shop.withDaemon { _ in
                    try shop.drop(try Pictures.flawless(1), as: "a.jpg")
                    try shop.waitForResults(1)
                }
                let text = try String(contentsOfFile: shop.configurationFile, encoding: .utf8)
                try shop.write(text + "retention: { min_free: 900TiB }\n", to: shop.configurationFile)
                let check = try control(["config", "check", "--config", shop.configurationFile])
                let refusal = try expectRefusal(check, 78, naming: "min_free")
                let start = try ProgramRun("inspectd", ["--config", shop.configurationFile], within: 60)
                try expect(start.status == 78, "inspectd ended with \(start.status)")
                try expect(try shop.results().count == 1, "results were removed")
                return refusal
            }
        },
        FieldCase(
            "killed from outside about twenty times in ten seconds",
            right: "330 records, 30 errors, 300 archived, none blamed"
        ) {
            try inWorkshop { shop in
                let good = try (0..<300).map { try Pictures.flawless(10_000 + $0) }
                let broken = try (0..<30).map { try BrokenFile.truncatedJPEG.data($0) }
                for (index, data) in good.enumerated() { try shop.drop(data, as: "good-\(index).jpg") }
                for (index, data) in broken.enumerated() { try shop.drop(data, as: "broken-\(index).jpg") }
                for _ in 0..<20 {
                    try shop.withDaemon(waits: false) { daemon in
                        usleep(UInt32.random(in: 200_000...500_000))
                        daemon.kill()
                    }
                }
                try shop.withDaemon { _ in try shop.waitForResults(330, upTo: 300) }
                let records = try shop.history()
                let errors = records.count { $0.verdict == .error }
                try expect(
                    records.count == 330 && errors == 30 && (try shop.archived().count) == 300,
                    "\(records.count) records, \(errors) errors, \(try shop.archived().count) archived")
                return "330 records, 30 errors, 300 archived"
            }
        },
        FieldCase("control characters in a file's name", right: "escaped wherever a path is shown") {
            try inWorkshop { shop in
                let name = "a\u{1b}[31mred\nAug 1 forged: line\u{7}.jpg"
                var messages: [String] = []
                try shop.withDaemon { daemon in
                    try shop.drop(Data("no image".utf8), as: name)
                    try shop.waitForResults(1)
                    messages = daemon.messages
                }
                let shown =
                    messages.joined(separator: "\u{1}")
                    + (try shop.control("history").output) + (try shop.control("history", "--format", "csv").output)
                    + (try shop.control("requeue").output)
                let controls = shown.utf8.filter {
                    $0 < 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x01 && $0 != 0x09 || $0 == 0x7F
                }
                try expect(controls.isEmpty, "\(controls.count) control characters are shown")
                try expect(!shown.contains("\nAug 1 forged"), "a line break of the name is shown")
                return "escaped in log, history, CSV and requeue"
            }
        },
    ]

    /// The library that gives a program another clock.
    static let libfaketime: String? = {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
        return folders.map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }.first { access($0, R_OK) == 0 }
    }()

    /// Results of a right clock must survive a start under a wrong one.
    private static func clock(_ situation: String, _ time: String) -> FieldCase {
        FieldCase(situation, right: "retention removes nothing; frames go on", needs: [.faketime]) {
            try inWorkshop { shop in
                let text = try String(contentsOfFile: shop.configurationFile, encoding: .utf8)
                try shop.write(text + "retention: { results: 1d, archive: 1d }\n", to: shop.configurationFile)
                try shop.withDaemon { _ in
                    for index in 0..<3 { try shop.drop(try Pictures.flawless(index), as: "\(index).jpg") }
                    try shop.waitForResults(3)
                }
                let wrong = try RunningDaemon(
                    configuration: shop.configurationFile, logFile: shop.root.appendingPathComponent("wrong.log"),
                    waits: false,
                    environment: [
                        "LD_PRELOAD": libfaketime ?? "", "FAKETIME": "@" + time, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                            // The library sets a variable in the first process; a Swift program whose environment was
                            // moved does not find its arguments.
                    ], launcher: ["/usr/bin/env"])
                defer { wrong.kill() }
                try shop.drop(try Pictures.flawless(9), as: "late.jpg")
                try shop.waitForResults(4)
                usleep(1_500_000)
                try expect(try shop.results().count == 4, "\(try shop.results().count) of 4 results are left")
                try expect(try shop.archived().count == 4, "\(try shop.archived().count) of 4 archived frames are left")
                wrong.kill()
                try shop.withDaemon { _ in usleep(1_500_000) }
                let kept = try shop.results().count
                try expect(
                    kept >= 3 && (try shop.history().count) >= 3,
                    "\(kept) results are left after the clock was right again")
                return "nothing was removed"
            }
        }
    }
}
