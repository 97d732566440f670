import DetectionMethods
import LinuxPlatform
import NeuralNets
import TensorCore

/// One training step of GRAD on cached features: forward, backward, clipping, AdamW; on all cores.
package struct TrainingBenchmark {
    package static let name = "grad_mobile_small_step_16x28x28"

    private let network = GRADNetwork(
        channels: 216, height: 28, width: 28, fusion: .bottlenecks(blocks: 11, expansion: 216))
    private let options = GRADOptions()

    package init() {}

    package func run(runs: Int) throws -> BenchmarkTimes {
        defer { Memory.giveBack() }
        return BenchmarkTimes(milliseconds: try BenchmarkTimes.repeated(runs, step()))
    }

    /// The whole step.
    func step() throws -> () throws -> Double {
        var training = try GRADTraining(
            network: network, parameters: NoiseParameters(),
            rates: GRADTraining.Rates(
                networks: options.learningRate, grids: options.gridLearningRate, weightDecay: options.weightDecay,
                clipNorm: options.clipNorm))
        let features = try features()
        // As every course of training does.
        Memory.keepFreed()
        return { BenchmarkTimes.time { _ = training.step(features, jitter: nil) } }
    }

    /// The normal features of the same images, as training computes them.
    func forward() throws -> () throws -> Double {
        let graph = try network.graph(NoiseParameters()), parameters = NetworkParameters(of: graph)
        let nodes = [GRADNetwork.output].compactMap { graph.node(named: $0) }, features = try features()
        Memory.keepFreed()
        return {
            BenchmarkTimes.time {
                var pass = TrainableNetwork(graph, parameters)
                _ = pass.forward(Variable(features), nodes: nodes, normalization: .batch(momentum: 0.1))
            }
        }
    }

    private func features() throws -> Tensor {
        let shape = [options.batchSize, network.height, network.width, network.channels]
        return Tensor(shape: Shape(shape), values: try NoiseParameters().tensor("features", shape: shape))
    }
}
