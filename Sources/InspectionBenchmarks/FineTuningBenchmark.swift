import DetectionMethods
import InspectionPipeline
import LinuxPlatform
import NeuralNets
import TensorCore

/// One update of fine-tuning the embedded backbone: forward and backward over 16 images at 224 × 224, then Adam; on all
/// cores.
package struct FineTuningBenchmark {
    package static let name = "fine_tuning_b0_step_16x224x224"

    private let backbone: Backbone
    private let options = FineTuningOptions()
    private let noise = NoiseParameters()

    package init() throws { backbone = try Backbone.embedded() }

    package func run(runs: Int) throws -> BenchmarkTimes {
        defer { Memory.giveBack() }
        return BenchmarkTimes(milliseconds: try BenchmarkTimes.repeated(runs, step()))
    }

    /// The whole update.
    func step() throws -> () throws -> Double {
        let levels = try backbone.defaultLevels.map { name in
            let d = backbone.graph.nodes[try backbone.node(of: name)].channels
            return GaussianModel.Level(
                name: name, mean: try noise.tensor("\(name).mean", shape: [d]).map(Double.init),
                whitening: try noise.tensor("\(name).whitening", shape: [d, d]).map(Double.init), rank: d)
        }
        var step = try FineTuningStep(backbone: backbone, levels: levels, options: options)
        let parts = try parts()
        // As every course of training does.
        Memory.keepFreed()
        return { [options] in BenchmarkTimes.time { _ = step.update(count: options.batchSize, parts: parts) } }
    }

    /// The maps of the same images, as training computes them.
    func forward() throws -> () throws -> Double {
        let nodes = try backbone.defaultLevels.map { try backbone.node(of: $0) }, parts = try parts()
        let parameters = NetworkParameters(of: backbone.graph)
        Memory.keepFreed()
        return { [backbone] in
            BenchmarkTimes.time {
                for part in parts {
                    var network = TrainableNetwork(backbone.graph, parameters)
                    _ = network.forward(Variable(part), nodes: nodes, normalization: .frozen)
                }
            }
        }
    }

    private func parts() throws -> [Tensor] {
        let shape = [options.partSize, 224, 224, 3]
        let pictures = Tensor(shape: Shape(shape), values: try noise.tensor("pictures", shape: shape))
        return Array(repeating: pictures, count: options.batchSize / options.partSize)
    }
}
