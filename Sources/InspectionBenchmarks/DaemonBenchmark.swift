import Foundation
import InspectionPipeline

/// A frame through the real, idle daemon: from the moment its writer closes it to its result in place.
struct DaemonBenchmark {
    static let name = "daemon_1024x768"

    let times: BenchmarkTimes
    /// From the start of the process until it is ready.
    let ready: Duration
    /// Resident memory after the last frame, MiB.
    let residentMebibytes: Double

    /// Three frames that are not counted, then `runs` that are, a tenth of a second between them.
    init(threads: Int, runs: Int) throws {
        let frames = try BenchmarkModel.frames()
        (times, ready, residentMebibytes) = try BenchmarkModel.withFolder { folder in
            let configuration = try Self.configure(folder)
            try BenchmarkModel.fit(
                into: ModelStore(folder: configuration.modelsPath),
                pictures: folder.appendingPathComponent("pictures"), workers: threads)
            let daemon = try DaemonProcess(
                configurationFile: folder.path + "/inspectd.yaml", logFile: folder.path + "/inspectd.log")
            let ready = try daemon.start()
            defer { daemon.stop() }
            var times: [Double] = []
            for number in 0..<runs + 3 {
                usleep(100_000)
                let frame = "\(folder.path)/camera/frame\(number).jpg"
                try Output.write(frames[number % frames.count], to: frame)
                let closed = ContinuousClock.now
                try wait(forResultOf: "frame\(number)-", in: configuration.spool + "/results/plate", daemon)
                if number >= 3 { times.append((ContinuousClock.now - closed).inMilliseconds) }
            }
            return (BenchmarkTimes(milliseconds: times), ready, try daemon.residentMebibytes())
        }
    }

    private static func configure(_ folder: URL) throws -> Configuration {
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("camera"), withIntermediateDirectories: true)
        let file = folder.path + "/inspectd.yaml"
        let text = "state: state\nspool: spool\nlines:\n  - name: plate\n    watch: camera\n    false_alarm_rate: 0.1\n"
        try Output.write(Data(text.utf8), to: file)
        return try Configuration.load(path: file)
    }

    var remark: String {
        String(format: "inspectd ready after %.2f s, %.0f MiB resident", ready.inSeconds, residentMebibytes)
    }
}

/// A result appears under its name only when it is complete.
private func wait(forResultOf prefix: String, in folder: String, _ daemon: DaemonProcess) throws {
    let files = FileManager.default, start = ContinuousClock.now
    while ContinuousClock.now - start < .seconds(30) {
        for day in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
            let names = (try? files.contentsOfDirectory(atPath: "\(folder)/\(day)")) ?? []
            if names.contains(where: { $0.hasPrefix(prefix) }) { return }
        }
        try daemon.check()
        usleep(200)
    }
    throw ProgramError(.unavailable, "inspectd gave no result for \(prefix.dropLast()) within 30 s")
}
