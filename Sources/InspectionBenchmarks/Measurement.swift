import InspectionPipeline

/// A piece of the program's work, prepared so that only the work itself is timed.
///
/// For the package `Benchmarks`, which compares such pieces with each other: a fast path with its plain counterpart, a
/// whole with the part that it exists for.
public struct Measurement {
    /// Prepares the work for a number of threads; what it gives runs the work once, and says what one unit took.
    private typealias Preparation = @Sendable (_ threads: Int) throws -> () throws -> Double

    /// All there are. Training comes last: it changes how the process deals with its memory.
    private static let preparations: [(name: String, prepare: Preparation)] = [
        ("efficientnet_b0_plan", { try NetworkBenchmark.efficientNetB0.plan(threads: $0) }),
        ("efficientnet_b0_layers", { _ in try NetworkBenchmark.efficientNetB0.layers() }),
        ("grad_head_plan", { try NetworkBenchmark.gradHead.plan(threads: $0) }),
        ("grad_head_layers", { _ in try NetworkBenchmark.gradHead.layers() }),
        ("detector", { _ in try FrameBenchmark(threads: 1).detectorAlone() }),
        ("frame", { _ in try FrameBenchmark(threads: 1).oneByOne(pictures: false) }),
        ("frame_with_pictures", { _ in try FrameBenchmark(threads: 1).oneByOne(pictures: true) }),
        ("frames_side_by_side", { try FrameBenchmark(threads: $0).sideBySide(pictures: false) }),
        (
            "daemon_frames",
            { threads in
                let line = try BenchmarkLine(threads: threads), frames = 8 * threads
                return { try line.inspect(frames, polling: 2000) / Double(frames) }
            }
        ),
        ("grad_forward", { _ in try TrainingBenchmark().forward() }),
        ("grad_step", { _ in try TrainingBenchmark().step() }),
        ("fine_tuning_forward", { _ in try FineTuningBenchmark().forward() }),
        ("fine_tuning_step", { _ in try FineTuningBenchmark().step() }),
    ]

    /// In the order that they are to be measured in.
    public static let names = preparations.map(\.name)

    private let body: () throws -> Double

    /// - Parameter threads: how many cores the work may use, where it is not bound to one.
    /// - Throws: what failed, in words, for a name that is not among `names` too.
    public init(_ name: String, threads: Int) throws {
        guard let known = Self.preparations.first(where: { $0.name == name }) else {
            throw ProgramError(
                .usage, "there is no measurement \(name); there are \(Self.names.joined(separator: ", "))")
        }
        body = try known.prepare(threads)
    }

    /// Does the work once.
    /// - Returns: milliseconds; of one frame, where several are worked on.
    public func milliseconds() throws -> Double { try body() }
}
