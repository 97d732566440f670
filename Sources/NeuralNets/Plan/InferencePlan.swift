import CKernels

/// A network compiled for one input size: fused steps over preallocated buffers, run by a team of threads.
///
/// One plan serves one caller at a time. The same plan, machine and thread count give the same bits every time.
package final class InferencePlan {
    /// A map that a run leaves behind: `[height, width, channels]`, valid until the next run.
    package struct Output {
        /// The positions of its cells on the input image.
        package let rows, columns: GridAxis
        package let channels: Int
        package let values: UnsafeBufferPointer<Float>

        package var height: Int { rows.count }
        package var width: Int { columns.count }
    }

    /// The image to fill before `run`: `[height, width, 3]`, normalised.
    package let input: UnsafeMutableBufferPointer<Float>
    package let outputs: [Output]
    /// Bytes of feature maps held, weights apart.
    package let bufferBytes: Int

    private let steps: [any PlanStep]
    private let values: [PlanValue]
    private let team: OpaquePointer

    /// - Parameters:
    ///   - outputs: nodes whose maps are wanted; layers that they do not need are left out.
    ///   - threads: size of the team, the caller included.
    package init(graph: NetworkGraph, height: Int, width: Int, outputs: [NetworkGraph.NodeID], threads: Int) throws {
        precondition(height > 0 && width > 0 && threads > 0 && !outputs.isEmpty)
        var compiler = PlanCompiler(graph: graph, height: height, width: width, outputs: outputs, members: threads)
        compiler.compile()
        guard let picture = compiler.values[0] else { preconditionFailure("node 0 of a graph is its input") }
        guard let team = ck_team_create(Int32(threads)) else { throw ThreadError(threads: threads) }
        self.team = team
        steps = compiler.steps
        bufferBytes = compiler.bufferBytes
        let wanted = outputs.compactMap { compiler.values[$0] }
        values = wanted + [picture]
        input = UnsafeMutableBufferPointer(start: picture.buffer.pointer, count: picture.pixels * picture.channels)
        self.outputs = wanted.map {
            Output(
                rows: $0.rows, columns: $0.columns, channels: $0.channels,
                values: UnsafeBufferPointer(start: $0.buffer.pointer, count: $0.pixels * $0.channels))
        }
    }

    /// The kinds of its steps, in order.
    package var stepKinds: [String] { steps.map { "\(type(of: $0))" } }
    package var stepWork: [StepWork] { steps.map(\.work) }

    deinit { ck_team_destroy(team) }

    /// Computes every output from `input`.
    package func run() {
        ck_team_run(
            team,
            { context, member, size in
                guard let context else { return }
                let plan = Unmanaged<InferencePlan>.fromOpaque(context).takeUnretainedValue()
                for step in plan.steps {
                    step.run(member: Int(member), of: Int(size))
                    ck_team_barrier(plan.team)
                    if member == 0 { plan.afterStep?() }
                }
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Called by one member behind each step, for measurements.
    package var afterStep: (() -> Void)?
}

/// The error of a machine that refuses more threads.
package struct ThreadError: Error, CustomStringConvertible {
    package let threads: Int
    package init(threads: Int) { self.threads = threads }
    package var description: String {
        "starting \(threads) threads for inference: the system refused one; lower `workers` or raise the limit on tasks"
    }
}
