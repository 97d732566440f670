import Foundation
import InspectionDomain
import TestSupport

#if canImport(Glibc)
    import Glibc
#endif

extension FieldCase {
    /// Situations of an operator.
    static let operating: [FieldCase] = [
        FieldCase(
            "a user who may not read the state asks", right: "permission is told, exit code 77 or 74",
            needs: [.root, .setpriv]
        ) {
            try inWorkshop { shop in
                try expect(chmod(shop.state.path, 0o700) == 0 && chmod(shop.root.path, 0o755) == 0, "chmod failed")
                var wrong: [String] = []
                for command in [["status"], ["history"], ["model", "list"], ["model", "show", "plate"]] {
                    let run = try asNobody(command + ["--config", shop.configurationFile])
                    if ![74, 77].contains(run.status) {
                        wrong.append("\(command.joined(separator: " ")): \(run.status)")
                    }
                }
                try expect(wrong.isEmpty, wrong.joined(separator: ", "))
                return "77 or 74 from status, history, model list, model show"
            }
        },
        FieldCase("repair as root", right: "files keep their owner", needs: [.root]) {
            try inWorkshop { shop in
                try shop.withDaemon { _ in
                    try shop.drop(try Pictures.flawless(1), as: "a.jpg")
                    try shop.waitForResults(1)
                }
                try run("/bin/chown", ["-R", "65534:65534", shop.root.path])
                for file in shop.files(in: shop.state) where file.hasPrefix("ledger") {
                    try FileManager.default.removeItem(at: shop.state.appendingPathComponent(file))
                }
                let repair = try shop.control("repair")
                try expect(repair.status == 0, repair.errors)
                var foreign: [String] = []
                for folder in [shop.state, shop.spool] {
                    for file in shop.files(in: folder) {
                        var info = stat()
                        if lstat(folder.appendingPathComponent(file).path, &info) == 0, info.st_uid != 65534 {
                            foreign.append(file)
                        }
                    }
                }
                try expect(foreign.isEmpty, "root owns \(foreign)")
                return "every file is the service's"
            }
        },
        FieldCase("one line's model is damaged", right: "config check finds it; that line is down, the other runs") {
            var happened = ""
            try Workshop.open(lines: [.init(), .init(name: "other", model: "other")]) { shop in
                let models = shop.state.appendingPathComponent("models")
                let exported = shop.root.appendingPathComponent("exported.model").path
                for command in [["export", "plate", exported], ["import", exported, "--name", "other"]] {
                    let run = try control(["model"] + command + ["--config", shop.configurationFile])
                    try expect(run.status == 0, run.errors)
                }
                let file = models.appendingPathComponent("plate/1/model.safetensors")
                var data = try Data(contentsOf: file)
                data[data.count / 2] ^= 0x55
                try data.write(to: file)
                let check = try control(["config", "check", "--config", shop.configurationFile])
                try expect(check.status != 0, "config check says all is well")
                try shop.withDaemon { _ in
                    try shop.drop(try Pictures.flawless(1), as: "a.jpg", on: "other")
                    try shop.waitForResults(1)
                    let status = try shop.control("status").output
                    try expect(status.contains("plate"), status)
                }
                happened = "config check: exit code \(check.status); the other line inspects"
            }
            return happened
        },
        FieldCase(
            "a watched folder that may not be written, with 2,000 frames",
            right: "one message with a count; the reason in status", needs: [.root, .setpriv]
        ) {
            try inWorkshop { shop in
                let picture = try Pictures.flawless(1)
                for index in 0..<2000 { try picture.write(to: shop.watched().appendingPathComponent("\(index).jpg")) }
                try run("/bin/chown", ["-R", "65534:65534", shop.root.path])
                try expect(
                    chown(shop.watched().path, 0, 0) == 0 && chmod(shop.watched().path, 0o755) == 0, "chown failed")
                let log = shop.root.appendingPathComponent("daemon.log")
                try Data().write(to: log)
                let daemon = Process()
                daemon.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
                daemon.arguments = [
                    "--reuid=65534", "--regid=65534", "--clear-groups", try Programs.path("inspectd"), "--config",
                    shop.configurationFile,
                ]
                daemon.standardOutput = FileHandle.nullDevice
                daemon.standardError = try FileHandle(forWritingTo: log)
                try daemon.run()
                defer {
                    if daemon.isRunning { kill(daemon.processIdentifier, SIGKILL) }
                    daemon.waitUntilExit()
                }
                sleep(10)
                if !daemon.isRunning { return "not started: the folder is a mistake of the configuration" }
                let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n").count
                try expect(lines < 20, "\(lines) lines of log in ten seconds")
                return "\(lines) lines of log in ten seconds"
            }
        },
        FieldCase("the ledger is deleted while inspectd runs", right: "told, rebuilt, every record there") {
            try inWorkshop { shop in
                try shop.withDaemon { _ in
                    for index in 0..<5 { try shop.drop(try Pictures.flawless(index), as: "\(index).jpg") }
                    try shop.waitForResults(5)
                    for file in shop.files(in: shop.state) where file.hasPrefix("ledger") {
                        try FileManager.default.removeItem(at: shop.state.appendingPathComponent(file))
                    }
                    sleep(4)
                    for index in 5..<8 { try shop.drop(try Pictures.flawless(index), as: "\(index).jpg") }
                    try shop.waitForResults(8)
                    sleep(1)
                }
                try shop.withDaemon { _ in usleep(500_000) }
                let count = try shop.history().count
                try expect(count == 8, "\(count) of 8 records in history")
                return "8 of 8 records in history"
            }
        },
        FieldCase("config check without a configuration", right: "its path is named; no folder is made") {
            try withTemporaryFolder { folder in
                let file = folder.appendingPathComponent("none.yaml").path
                let run = try control(["config", "check", "--config", file])
                try expect(run.status != 0 && run.errors.contains("none.yaml"), run.errors + run.output)
                let text = "state: state\nspool: spool\nlines:\n  - { name: a, watch: cameras }\n"
                try Data(text.utf8).write(to: folder.appendingPathComponent("some.yaml"))
                _ = try control(["config", "check", "--config", folder.appendingPathComponent("some.yaml").path])
                let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                try expect(left == ["some.yaml"], "it made \(left)")
                return "named; nothing is made"
            }
        },
        FieldCase("shell completion of files and lines", right: "files, folders, lines and models complete") {
            let script = try control(["--generate-completion-script", "bash"]).output
            try expect(script.contains("-f") && script.contains("-d"), "neither files nor folders complete")
            return "files and folders complete"
        },
        FieldCase(
            "fit into a place that may not be written; bad images",
            right: "found before computing; all bad images at once"
        ) {
            try withTemporaryFolder { folder in
                let good = folder.appendingPathComponent("good")
                try write(try (0..<40).map { try Pictures.flawless($0) }, to: good)
                for index in 0..<3 { try Data("bad".utf8).write(to: good.appendingPathComponent("bad\(index).jpg")) }
                let run = try fit(folder, ["--false-alarm-rate", "0.2"])
                let refusal = try expectRefusal(run, naming: "bad0", "bad1", "bad2")
                let skipping = try fit(folder, ["--false-alarm-rate", "0.2", "--skip-unreadable"])
                try expect(skipping.status == 0, skipping.errors)
                let nowhere = try control([
                    "fit", "--normal", good.path, "--output", "/proc/none/plate.model", "--input-size", "128",
                    "--skip-unreadable",
                ])
                try expect(nowhere.status != 0, "it fitted into a place that may not be written")
                return refusal
            }
        },
        FieldCase("a model that was fitted elsewhere", right: "model import, self-tested before it serves") {
            try inWorkshop { shop in
                let file = shop.root.appendingPathComponent("exported.model").path
                let export = try shop.control("model", "export", "plate", file)
                try expect(export.status == 0, export.errors)
                let imported = try shop.control("model", "import", file, "--line", "plate")
                try expect(imported.status == 0, imported.errors)
                try Data("no model".utf8).write(to: URL(fileURLWithPath: file))
                let refused = try shop.control("model", "import", file, "--line", "plate")
                try expect(refused.status != 0, "it imported what is no model")
                return "imported; what is no model is refused"
            }
        },
        FieldCase("two daemons with one state folder", right: "the second is refused") {
            try inWorkshop { shop in
                let second = shop.root.appendingPathComponent("second.yaml").path
                let text = try String(contentsOfFile: shop.configurationFile, encoding: .utf8)
                    .replacingOccurrences(of: "spool: spool", with: "spool: spool2")
                    .replacingOccurrences(of: "cameras/plate", with: "cameras/second")
                try shop.write(text, to: second)
                try FileManager.default.createDirectory(at: shop.watched("second"), withIntermediateDirectories: true)
                return try shop.withDaemon { _ in
                    let run = try ProgramRun("inspectd", ["--config", second], within: 30)
                    try expect(run.status == 69, "exit code \(run.status): \(run.errors)")
                    return "refused with exit code 69"
                }
            }
        },
        FieldCase("keys and their defaults", right: "one reference, printed by the program") {
            let run = try control(["config", "reference"])
            try expect(
                run.status == 0 && run.output.contains("settle") && run.output.contains("min_free"),
                run.errors + run.output)
            return "config reference prints them"
        },
    ]
}
