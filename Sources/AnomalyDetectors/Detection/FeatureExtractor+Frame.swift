import Imaging
import NeuralNets

extension FeatureExtractor {
    /// Resizes and normalises a frame into the network's input, for the next run.
    func load(_ frame: Frame, _ normalization: Normalization) {
        frame.fillNetworkInput(
            input, width: inputWidth, height: inputHeight, mean: normalization.mean, std: normalization.std)
    }
}
