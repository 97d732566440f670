import Foundation
import NeuralNets

/// Where a network's time goes: each step of its plan beside what the machine could do at most.
package struct StepBenchmark: Sendable {
    package struct Step: Codable, Sendable {
        /// The kind of step, and its shape.
        package let kind, shape: String
        /// Median over the runs.
        package let milliseconds: Double
        package let gigaflops, gigabytes: Double
        /// The time of the machine's measured peak for this shape over the time taken.
        package let share: Double

        enum CodingKeys: String, CodingKey {
            case kind, shape
            case milliseconds = "ms"
            case gigaflops = "gflop_per_s"
            case gigabytes = "gb_per_s"
            case share = "of_peak"
        }
    }

    package let steps: [Step]
    /// Of registers, operations per second.
    package let peak: Double

    package static let names = NetworkBenchmark.all.map(\.name)

    /// - Throws: the errors of the network's plan.
    package init(_ network: NetworkBenchmark, threads: Int, runs: Int) throws {
        let plan = try network.preparedPlan(threads: threads)
        let count = plan.stepKinds.count
        var times = [[Double]](repeating: [], count: count)
        for run in 0..<max(1, runs) + 3 {
            var step = 0, before = ContinuousClock.now
            plan.afterStep = {
                let now = ContinuousClock.now
                if run >= 3 { times[step].append(now.milliseconds(since: before)) }
                (step, before) = (step + 1, now)
            }
            plan.run()
        }
        plan.afterStep = nil
        let machine = try MachinePeak(threads: threads)
        peak = machine.operations
        steps = zip(zip(plan.stepKinds, plan.stepWork), times).map { named, times in
            let (kind, work) = named, milliseconds = times.sorted()[times.count / 2]
            let seconds = max(1e-9, milliseconds / 1000)
            return Step(
                kind: kind.replacingOccurrences(of: "Step", with: ""), shape: work.shape, milliseconds: milliseconds,
                gigaflops: work.operations / seconds / 1e9, gigabytes: work.bytes / seconds / 1e9,
                share: machine.seconds(of: work) / seconds)
        }
    }
}
