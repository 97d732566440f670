import Imaging
import NeuralNets
import TensorCore

extension FeatureExtractor {
    /// Resizes and normalises a frame into the network's input, for the next run.
    package func load(_ frame: Frame, _ normalization: Normalization) {
        frame.fillNetworkInput(
            input, width: inputWidth, height: inputHeight, mean: normalization.mean, std: normalization.std)
    }
}

extension Frame {
    /// The frame resized and normalised, `[1, height, width, 3]`.
    package func networkInput(width: Int, height: Int, _ normalization: Normalization) -> Tensor {
        Tensor(shape: [1, height, width, 3]) { out in
            fillNetworkInput(
                UnsafeMutableBufferPointer(start: out, count: width * height * 3), width: width, height: height,
                mean: normalization.mean, std: normalization.std)
        }
    }
}
