import DetectionMethods
import LinuxPlatform
import NeuralNets
import TensorCore

/// One training step of GRAD on cached features: forward, backward, clipping, AdamW; on all cores.
struct TrainingBenchmark {
    static let name = "grad_mobile_small_step_16x28x28"

    func run(runs: Int) throws -> BenchmarkTimes {
        let network = GRADNetwork(
            channels: 216, height: 28, width: 28, fusion: .bottlenecks(blocks: 11, expansion: 216))
        let options = GRADOptions()
        var training = try GRADTraining(
            network: network, parameters: NoiseParameters(),
            rates: GRADTraining.Rates(
                networks: options.learningRate, grids: options.gridLearningRate, weightDecay: options.weightDecay,
                clipNorm: options.clipNorm))
        let shape = [options.batchSize, network.height, network.width, network.channels]
        let features = Tensor(shape: Shape(shape), values: try NoiseParameters().tensor("features", shape: shape))
        // As every course of training does.
        Memory.keepFreed()
        defer { Memory.giveBack() }
        return BenchmarkTimes.measure(runs: runs) { _ = training.step(features, jitter: nil) }
    }
}
