import Foundation
import InspectionDomain
import Spooling
import TestSupport

/// A small plant: a configuration, a fitted model, watched folders and a spool, in a temporary folder.
struct Workshop {
    struct Line {
        var name = "plate"
        var model = "plate"
        var after = "archive"
        var overlay = "anomalous"
        var followsLinks = false
        /// The waiting time of a frame without its end; short, so that tests of broken frames are quick.
        var settle = "1s"
        /// More settings of the line, YAML.
        var more: [String] = []
    }

    let root: URL
    var configurationFile: String { root.appendingPathComponent("inspectd.yaml").path }
    /// The spool, if it is not in the workshop's own folder.
    var spoolPath: String?
    var spool: URL { spoolPath.map { URL(fileURLWithPath: $0) } ?? root.appendingPathComponent("spool") }
    var state: URL { root.appendingPathComponent("state") }
    func watched(_ line: String = "plate") -> URL { root.appendingPathComponent("cameras/\(line)") }

    /// Runs a scenario in a fresh workshop, with the model that the suite has fitted.
    static func open(lines: [Line] = [Line()], _ body: (Workshop) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let workshop = Workshop(root: folder)
            try workshop.configure(lines)
            try FittedModel.install(in: workshop.state)
            try body(workshop)
        }
    }

    /// Writes the configuration and makes the watched folders.
    func configure(_ lines: [Line]) throws {
        var text = "state: state\nspool: \(spoolPath ?? "spool")\nworkers: 2\nmax_megapixels: 20\nlines:\n"
        for line in lines {
            text += """
                  - name: \(line.name)
                    watch: cameras/\(line.name)
                    model: \(line.model)
                    false_alarm_rate: 0.05
                    after: \(line.after)
                    overlay: \(line.overlay)
                    follow_links: \(line.followsLinks)
                    settle: \(line.settle)

                """
            for setting in line.more { text += "    \(setting)\n" }
            try FileManager.default.createDirectory(at: watched(line.name), withIntermediateDirectories: true)
        }
        try write(text, to: configurationFile)
    }

    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Drops a file as a camera does: written under a hidden name, then renamed.
    func drop(_ data: Data, as name: String, on line: String = "plate") throws {
        let arriving = watched(line).appendingPathComponent(".arriving")
        try data.write(to: arriving)
        try FileManager.default.moveItem(at: arriving, to: watched(line).appendingPathComponent(name))
    }

    /// Runs `inspectctl` with this workshop's configuration.
    func control(_ arguments: String...) throws -> ProgramRun {
        try ProgramRun("inspectctl", arguments + ["--config", configurationFile, "--quiet"])
    }

    /// Runs a scenario with the daemon at work, and ends it whatever happens.
    @discardableResult
    func withDaemon<Result>(waits: Bool = true, _ body: (RunningDaemon) throws -> Result) throws -> Result {
        let log = root.appendingPathComponent("inspectd.log")
        let daemon = try RunningDaemon(configuration: configurationFile, logFile: log, waits: waits)
        defer { daemon.kill() }
        do {
            return try body(daemon)
        } catch let error as RunningDaemon.Failure {
            throw error
        } catch {
            throw RunningDaemon.Failure(reason: "\(error)", log: daemon.messages)
        }
    }
}

/// The daemon's files, as other programs see them.
extension Workshop {
    struct Result {
        let inspection: Inspection
        let folder: URL
    }

    /// Every file below a folder of the workshop, hidden ones too, relative to it and sorted.
    func files(in folder: URL) -> [String] {
        let found = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return found.filter { path in
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(
                atPath: folder.appendingPathComponent(path).path, isDirectory: &isFolder)
            return exists && !isFolder.boolValue
        }.sorted()
    }

    /// Contents of every file below a folder, by relative path.
    func contents(of folder: URL) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for file in files(in: folder) { contents[file] = try Data(contentsOf: folder.appendingPathComponent(file)) }
        return contents
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ name: (String) -> Bool, in folder: URL) throws
        -> [(value: Value, file: URL)]
    {
        try files(in: folder).filter(name).map { path in
            let file = folder.appendingPathComponent(path)
            return (try DomainJSON.decoder().decode(type, from: Data(contentsOf: file)), file)
        }
    }

    func results() throws -> [Result] {
        try decoded(Inspection.self, { $0.hasSuffix("/result.json") }, in: spool.appendingPathComponent("results"))
            .map { Result(inspection: $0.value, folder: $0.file.deletingLastPathComponent()) }
    }

    /// The result of the frame that arrived under this name; waits for it.
    func result(of name: String) throws -> Result {
        var found: Result?
        try wait(for: "the result of \(name)") {
            found = try results().first { $0.inspection.image.path.hasSuffix("/\(name)") }
            return found != nil
        }
        guard let found else { throw TimedOut(what: name, seconds: 0) }
        return found
    }

    func waitForResults(_ count: Int, upTo seconds: Double = 60) throws {
        let results = spool.appendingPathComponent("results")
        try wait(for: "\(count) results", upTo: seconds) {
            files(in: results).count { $0.hasSuffix("/result.json") } >= count
        }
        // A result is there before its frame has made its last move.
        try wait(for: "the frames in work to be done", upTo: seconds) { inWork.isEmpty }
    }

    /// Waits for some results among many to come, without looking at all of them each time.
    func waitForFirstResults(_ count: Int) throws {
        try wait(for: "the first \(count) results") {
            usleep(100_000)
            return files(in: spool.appendingPathComponent("results")).count { $0.hasSuffix("/result.json") } >= count
        }
    }

    func alerts() throws -> [Alert] {
        try decoded(Alert.self, { $0.hasSuffix(".json") }, in: spool.appendingPathComponent("alerts/new")).map(\.value)
    }

    func quarantine() throws -> [(value: QuarantineReason, file: URL)] {
        try decoded(
            QuarantineReason.self, { $0.hasSuffix("/reason.json") }, in: spool.appendingPathComponent("quarantine"))
    }

    /// Contents of the archive, of any line.
    func archived() throws -> [Data] {
        try contents(of: spool.appendingPathComponent("archive")).map(\.value)
    }

    /// Claims of frames in progress.
    var inWork: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: spool.appendingPathComponent("active").path)) ?? []
    }

    /// Results under construction.
    var temporary: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: spool.appendingPathComponent("tmp").path)) ?? []
    }

    /// The list of `inspectctl history`.
    func history() throws -> [Inspection] {
        try control("history", "--format", "json", "--limit", "100000").json([Inspection].self)
    }
}
