import CKernels

/// Batch norm in evaluation mode: `(x − mean) / √(variance + epsilon) · weight + bias`, per channel (the last axis).
public func batchNorm(
    _ x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, epsilon: Float
) -> Tensor {
    let channels = weight.values.count
    precondition(x.shape.dimensions.last == channels, "\(x.shape) with \(channels) channels")
    var scale = [Float](repeating: 0, count: channels), shift = scale
    for channel in 0..<channels {
        scale[channel] = weight.values[channel] / (variance.values[channel] + epsilon).squareRoot()
        shift[channel] = bias.values[channel] - mean.values[channel] * scale[channel]
    }
    return scaleShift(x, scale: scale, shift: shift)
}

/// Batch norm in training mode: with the batch's own mean and biased variance, which come along (Ioffe & Szegedy 2015).
public func batchNormTraining(
    _ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float
) -> (out: Tensor, mean: Tensor, variance: Tensor) {
    let channels = weight.values.count
    precondition(x.shape.dimensions.last == channels, "\(x.shape) with \(channels) channels")
    var mean = Tensor(zeros: [channels]), variance = Tensor(zeros: [channels])
    ck_column_moments(x.values, x.values.count / channels, Int32(channels), &mean.values, &variance.values)
    let out = batchNorm(x, weight: weight, bias: bias, mean: mean, variance: variance, epsilon: epsilon)
    return (out, mean, variance)
}

/// `x · scale + shift`, per channel.
public func scaleShift(_ x: Tensor, scale: [Float], shift: [Float]) -> Tensor {
    var out = Tensor(zeros: x.shape)
    ck_scale_shift(x.values, scale, shift, x.values.count / scale.count, Int32(scale.count), &out.values)
    return out
}
