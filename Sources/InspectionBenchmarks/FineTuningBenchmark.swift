import DetectionMethods
import InspectionPipeline
import LinuxPlatform
import NeuralNets
import TensorCore

/// One update of fine-tuning the embedded backbone: forward and backward over 16 pictures at 224 × 224, then Adam; on all
/// cores.
struct FineTuningBenchmark {
    static let name = "fine_tuning_b0_step_16x224x224"

    func run(runs: Int) throws -> BenchmarkTimes {
        let backbone = try Backbone.embedded(), noise = NoiseParameters()
        let levels = try backbone.defaultLevels.map { name in
            let d = backbone.graph.nodes[try backbone.node(of: name)].channels
            return GaussianModel.Level(
                name: name, mean: try noise.tensor("\(name).mean", shape: [d]).map(Double.init),
                whitening: try noise.tensor("\(name).whitening", shape: [d, d]).map(Double.init), rank: d)
        }
        let options = FineTuningOptions(), (batch, part) = (options.batchSize, options.partSize)
        var step = try FineTuningStep(backbone: backbone, levels: levels, options: options)
        let shape = [part, 224, 224, 3]
        let pictures = Tensor(shape: Shape(shape), values: try noise.tensor("pictures", shape: shape))
        // As every course of training does.
        Memory.keepFreed()
        defer { Memory.giveBack() }
        return BenchmarkTimes.measure(runs: runs) {
            _ = step.update(count: batch, parts: Array(repeating: pictures, count: batch / part))
        }
    }
}
