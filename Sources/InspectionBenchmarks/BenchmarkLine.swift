import Foundation
import InspectionDomain
import InspectionPipeline

/// A real daemon with one line, in a folder of its own, until this object goes.
final class BenchmarkLine {
    /// From the start of the process until it is ready.
    let ready: Duration
    private let folder: URL
    private let results: String
    private let daemon: DaemonProcess
    private let frames: [Data]
    private var count = 0

    init(threads: Int) throws {
        frames = try BenchmarkModel.frames()
        let folder = try BenchmarkModel.makeFolder()
        do {
            let configuration = try Self.configure(folder)
            results = configuration.spool + "/results/plate"
            try BenchmarkModel.fit(
                into: ModelStore(folder: configuration.modelsPath),
                pictures: folder.appendingPathComponent("pictures"), workers: threads)
            daemon = try DaemonProcess(
                configurationFile: folder.path + "/inspectd.yaml", logFile: folder.path + "/inspectd.log")
            ready = try daemon.start()
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
        self.folder = folder
    }

    deinit {
        daemon.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    private static func configure(_ folder: URL) throws -> Configuration {
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("camera"), withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("inspectd.yaml")
        let text = "state: state\nspool: spool\nlines:\n  - name: plate\n    watch: camera\n    false_alarm_rate: 0.1\n"
        try Data(text.utf8).write(to: file)
        return try Configuration.load(path: file.path)
    }

    /// Gives the daemon frames and waits for their results.
    ///
    /// - Parameter interval: microseconds between two looks at the results.
    /// - Returns: milliseconds from the last frame's close to the last result.
    func inspect(_ frames: Int, polling interval: UInt32) throws -> Double {
        var pending = Set(count..<count + frames)
        for number in pending.sorted() {
            let frame = folder.appendingPathComponent("camera/frame\(number).jpg")
            try self.frames[number % self.frames.count].write(to: frame, options: .atomic)
        }
        count += frames
        let closed = ContinuousClock.now
        while true {
            let done = completed()
            pending = pending.filter { number in !done.contains { $0.hasPrefix("frame\(number)-") } }
            if pending.isEmpty { return ContinuousClock.now.milliseconds(since: closed) }
            try daemon.check()
            guard ContinuousClock.now - closed < .seconds(30) else {
                throw ProgramError(.unavailable, "inspectd gave no result for frame\(pending.min() ?? 0) within 30 s")
            }
            usleep(interval)
        }
    }

    /// A result appears under its name only when it is complete.
    private func completed() -> [String] {
        let files = FileManager.default
        return ((try? files.contentsOfDirectory(atPath: results)) ?? []).flatMap { day in
            (try? files.contentsOfDirectory(atPath: "\(results)/\(day)")) ?? []
        }
    }

    func residentMebibytes() throws -> Double { try daemon.residentMebibytes() }
}
