import CKernels
import TensorCore

extension AnomalyMap {
    /// The difference of two images `[1, H, W, C]` at each pixel: the mean over channels of its magnitude, or of its
    /// square.
    package init(_ a: Tensor, _ b: Tensor, squared: Bool) {
        precondition(a.shape == b.shape, "\(a.shape) and \(b.shape)")
        self.init(
            a.values, b.values, height: a.shape[1], width: a.shape[2], channels: a.shape[3],
            scale: 1 / Float(a.shape[3]), squared: squared)
    }

    /// `scale · Σ |a − b|` over channels, or of its square.
    /// - Parameters:
    ///   - a: `[height, width, channels]`
    ///   - b: the same; nil for zeros.
    package init(
        _ a: [Float], _ b: [Float]?, height: Int, width: Int, channels: Int, scale: Float, squared: Bool
    ) {
        precondition(a.count == height * width * channels && (b.map { $0.count == a.count } ?? true))
        var out = [Float](repeating: 0, count: height * width)
        if let b {
            ck_residual_map(a, b, out.count, Int32(channels), scale, squared ? 1 : 0, &out)
        } else {
            ck_residual_map(a, nil, out.count, Int32(channels), scale, squared ? 1 : 0, &out)
        }
        self.init(width: width, height: height, values: out)
    }

    /// The map smoothed as maps of 224 pixels are with σ = 4.
    package var smoothedForItsSize: AnomalyMap { smoothed(sigma: 4 * Float(min(width, height)) / 224) }
}
