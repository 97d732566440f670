import ArgumentParser
import DetectionCore
import DetectionMethods
import Foundation
import InspectionBenchmarks
import InspectionPipeline

struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Times the networks, a training step, a whole frame and the daemon.",
        discussion: """
            Networks run with random weights on one image (only shape and cost are meaningful). One training step of \
            GRAD (on cached features) and of fine-tuning (the embedded backbone) runs on 16 images. A whole frame \
            (decode, detect, regions, overlay, map, mask; plain: without pictures) runs on drawn 1024 × 768 frames with \
            a model fitted for the benchmark. Latency: one frame at a time on all threads. Throughput: one frame per \
            thread. daemon: the real inspectd, idle, from the close of a frame's file to its complete result. Prints \
            the median and minimum of --runs runs after three warm-up runs.

              inspectctl benchmark --runs 15 --json times.json
              inspectctl benchmark --only efficientnet_b0_224 --threads 1
              inspectctl benchmark --steps efficientnet_b0_224
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Names of the benchmarks to run; all by default.", valueName: "name"))
    var only: [String] = []

    @Option(
        help: ArgumentHelp(
            "Instead: time each step of this network's plan, beside the machine's measured peak for its shape.",
            valueName: "name"))
    var steps: String?

    @Option(help: "Timed runs of each benchmark.")
    var runs = 15

    @Option(help: "Threads of a latency run, and parallel frames of a throughput run.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(
        name: .customLong("json"),
        help: ArgumentHelp("Write {name: {median_ms, min_ms}} to this file.", valueName: "file"),
        completion: .file())
    var jsonFile: String?

    func validate() throws {
        guard (1...1000).contains(runs) else { throw ValidationError("--runs must be from 1 to 1000, got \(runs)") }
        try requireRanges([("--threads", threads, 1...256)])
        try requireKnown(only, of: Self.names)
        if let steps {
            try requireKnown([steps], of: StepBenchmark.names)
            guard only.isEmpty else { throw ValidationError("--steps cannot be combined with --only") }
        }
    }

    private func requireKnown(_ wanted: [String], of names: [String]) throws {
        let unknown = wanted.filter { !names.contains($0) }
        guard unknown.isEmpty else {
            throw ValidationError(
                "unknown benchmark \(unknown.joined(separator: ", ")); known: \(names.joined(separator: ", "))")
        }
    }

    private static let names =
        NetworkBenchmark.all.map(\.name) + FrameBenchmark.names
        + [DaemonBenchmark.name, TrainingBenchmark.name, FineTuningBenchmark.name]

    func run() throws {
        if let network = NetworkBenchmark.all.first(where: { $0.name == steps }) { return try time(network) }
        let wanted = only.isEmpty ? Self.names : only
        var results: [String: BenchmarkTimes] = [:]
        func note(_ name: String, _ times: BenchmarkTimes) {
            results[name] = times
            if global.format == .text { Output.print(times.line(name)) }
        }
        for network in NetworkBenchmark.all where wanted.contains(network.name) {
            note(network.name, try network.run(threads: threads, runs: runs))
        }
        if FrameBenchmark.names.contains(where: wanted.contains) {
            let frames = try FrameBenchmark(threads: threads)
            if wanted.contains(FrameBenchmark.latencyName) {
                note(FrameBenchmark.latencyName, try frames.latency(runs: runs, pictures: true))
            }
            if wanted.contains(FrameBenchmark.throughputName) {
                note(FrameBenchmark.throughputName, try frames.throughput(runs: runs, pictures: true))
            }
            if wanted.contains(FrameBenchmark.plainName) {
                note(FrameBenchmark.plainName, try frames.latency(runs: runs, pictures: false))
            }
            if wanted.contains(FrameBenchmark.plainThroughputName) {
                note(FrameBenchmark.plainThroughputName, try frames.throughput(runs: runs, pictures: false))
            }
        }
        if wanted.contains(DaemonBenchmark.name) {
            let daemon = try DaemonBenchmark(threads: threads, runs: runs)
            note(DaemonBenchmark.name, daemon.times)
            global.remark(daemon.remark)
        }
        // Last: they change how the process manages its memory.
        if wanted.contains(TrainingBenchmark.name) {
            note(TrainingBenchmark.name, try TrainingBenchmark().run(runs: runs))
        }
        if wanted.contains(FineTuningBenchmark.name) {
            note(FineTuningBenchmark.name, try FineTuningBenchmark().run(runs: runs))
        }
        if global.format == .json { try Output.printJSON(results) }
        if let jsonFile { try Output.write(results, to: jsonFile) }
    }

    private func time(_ network: NetworkBenchmark) throws {
        let found = try StepBenchmark(network, threads: threads, runs: runs)
        if let jsonFile { try Output.write(found.steps, to: jsonFile) }
        guard global.format == .text else { return try Output.printJSON(found.steps) }
        var table = Table(["step", "shape", "ms", "GFLOP/s", "GB/s", "of peak"], numeric: [2, 3, 4, 5])
        for step in found.steps {
            table.add([
                step.kind, step.shape, String(format: "%.3f", step.milliseconds),
                String(format: "%.0f", step.gigaflops),
                String(format: "%.1f", step.gigabytes), Output.percent(step.share),
            ])
        }
        Output.print(table.text)
        Output.print(
            String(
                format: "\n%.2f ms in %d steps; %.0f GFLOP/s in registers with %d threads",
                found.steps.reduce(0) { $0 + $1.milliseconds }, found.steps.count, found.peak / 1e9, threads))
    }
}
