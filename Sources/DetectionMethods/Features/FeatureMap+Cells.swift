import CKernels
import NeuralNets

extension GridAxis {
    /// The kernels' argument.
    var cells: ck_axis { ck_axis(count: Int32(count), first: first, step: step) }
}

extension FeatureMap {
    /// Global average: one value per channel.
    func pooled() -> [Double] {
        var means = [Float](repeating: 0, count: channels)
        if let base = values.baseAddress { ck_column_means(base, height * width, Int32(channels), &means) }
        return means.map(Double.init)
    }
}
