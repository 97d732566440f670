import CKernels

/// Batch norm in evaluation mode, `(x − mean) / √(variance + epsilon) · weight + bias` per channel (the last axis), and
/// the activation behind it: of the two, only `x` is kept for the gradients. It can be differentiated once.
package func batchNorm(
    _ x: Variable, weight: Variable, bias: Variable, mean: Tensor, variance: Tensor, epsilon: Float,
    activation: Pointwise? = nil
) -> Variable {
    let norm = AppliedNorm(
        weight: weight.value, bias: bias.value, mean: mean, variance: variance, epsilon: epsilon,
        activation: activation)
    return norm.output(x, weight, bias, trainsStatistics: false)
}

/// Batch norm in training mode, with the batch's own mean and biased variance, which come along (Ioffe & Szegedy 2015),
/// and the activation behind it. It can be differentiated once.
package func batchNormTraining(
    _ x: Variable, weight: Variable, bias: Variable, epsilon: Float, activation: Pointwise? = nil
) -> (out: Variable, mean: Tensor, variance: Tensor) {
    let (mean, variance) = channelMoments(x.value)
    let norm = AppliedNorm(
        weight: weight.value, bias: bias.value, mean: mean, variance: variance, epsilon: epsilon,
        activation: activation)
    return (norm.output(x, weight, bias, trainsStatistics: true), mean, variance)
}

/// Running mean and variance of a batch norm, as evaluation mode uses them.
package struct RunningStatistics: Sendable, Equatable {
    /// Per channel.
    package var mean, variance: Tensor

    package init(mean: Tensor, variance: Tensor) { (self.mean, self.variance) = (mean, variance) }

    /// Moves towards a batch's statistics: its mean, and its variance made unbiased.
    ///
    /// - Parameters:
    ///   - count: positions that the batch's statistics were taken over, at least 2.
    ///   - momentum: weight of the new values.
    package mutating func update(
        mean batchMean: Tensor, variance batchVariance: Tensor, count: Int, momentum: Float = 0.1
    ) {
        precondition(count > 1, "a variance needs two values")
        let unbiased = Float(Double(count) / Double(count - 1))
        for channel in mean.values.indices {
            mean.values[channel] += (batchMean.values[channel] - mean.values[channel]) * momentum
            variance.values[channel] += (batchVariance.values[channel] * unbiased - variance.values[channel]) * momentum
        }
    }
}

/// A batch norm whose statistics are known: an affine map of each channel, and the activation behind it.
private struct AppliedNorm {
    let scale, shift, mean, inverseDeviation: [Float]
    let function: (ck_function, Float)

    init(
        weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, epsilon: Float, activation: Pointwise?
    ) {
        let inverse = variance.values.map { 1 / ($0 + epsilon).squareRoot() }
        let scale = zip(weight.values, inverse).map { $0 * $1 }
        shift = bias.values.indices.map { bias.values[$0] - mean.values[$0] * scale[$0] }
        (self.scale, self.mean, inverseDeviation) = (scale, mean.values, inverse)
        function = activation.map { ($0.function, $0.parameter) } ?? (CK_FUNCTION_IDENTITY, 0)
    }

    private var channels: Int { scale.count }

    private func output(_ x: Tensor) -> Tensor {
        precondition(x.shape.dimensions.last == channels, "\(x.shape) with \(channels) channels")
        return Tensor(shape: x.shape) { out in
            forEachPart(x) { x, first, rows in
                ck_norm_output(x, scale, shift, rows, Int32(channels), function.0, function.1, out + first)
            }
        }
    }

    func output(_ x: Variable, _ weight: Variable, _ bias: Variable, trainsStatistics: Bool) -> Variable {
        let needsSums = trainsStatistics || weight.isTracked || bias.isTracked
        let (value, tracksInput) = (x.value, x.isTracked)
        return Variable(output(value), fusedFrom: [x, weight, bias]) { g in
            let (sums, products) = needsSums ? channelSums(value, g) : (nil, nil)
            let input = tracksInput ? inputGradient(value, g, trainsStatistics ? (sums!, products!) : nil) : nil
            let weight = products.map { products in
                Tensor(shape: [channels], values: zip(products, inverseDeviation).map { $0 * $1 })
            }
            return [input, weight, sums.map { Tensor(shape: [channels], values: $0) }]
        }
    }

    /// Per channel, with dz the gradient of the affine map's output: `Σ dz` and `Σ dz · (x − mean)`.
    private func channelSums(_ x: Tensor, _ g: Tensor) -> (sums: [Float], products: [Float]) {
        let blocks = RowBlocks(x.values.count / channels)
        var partials = [Float](repeating: 0, count: blocks.count * 2 * channels)
        g.values.withUnsafeBufferPointer { g in
            x.values.withUnsafeBufferPointer { x in
                partials.withUnsafeMutableBufferPointer { partials in
                    blocks.forEach { block, rows in
                        let first = rows.lowerBound * channels, out = partials.baseAddress! + block * 2 * channels
                        ck_norm_sums(
                            x.baseAddress! + first, g.baseAddress! + first, scale, shift, mean, rows.count,
                            Int32(channels), function.0, function.1, out, out + channels)
                    }
                }
            }
        }
        var totals = [Float](repeating: 0, count: 2 * channels)
        ck_contract(partials, nil, 1, blocks.count, 2 * channels, 0, 2 * channels, 1, &totals)
        return (Array(totals[..<channels]), Array(totals[channels...]))
    }

    /// - Parameter sums: of `channelSums`, when the statistics themselves depend on `x`.
    private func inputGradient(_ x: Tensor, _ g: Tensor, _ sums: (sums: [Float], products: [Float])?) -> Tensor {
        var slope: [Float]?, offset: [Float]?
        if let sums {
            // scale · (dz − mean(dz) − x̂ · mean(dz · x̂)), gathered by powers of x.
            let count = Float(x.values.count / channels)
            let slopes = (0..<channels).map { channel in
                -scale[channel] * inverseDeviation[channel] * inverseDeviation[channel] * sums.products[channel] / count
            }
            slope = slopes
            offset = (0..<channels).map { channel in
                -scale[channel] * sums.sums[channel] / count - mean[channel] * slopes[channel]
            }
        }
        return Tensor(shape: x.shape) { out in
            g.values.withUnsafeBufferPointer { g in
                forEachPart(x) { x, first, rows in
                    ck_norm_input_gradient(
                        x, g.baseAddress! + first, scale, shift, slope, offset, rows, Int32(channels), function.0,
                        function.1, out + first)
                }
            }
        }
    }

    /// On all cores: some rows of `x`, where they begin, and how many they are.
    private func forEachPart(_ x: Tensor, _ body: (UnsafePointer<Float>, Int, Int) -> Void) {
        x.values.withUnsafeBufferPointer { x in
            Cores.share(x.count / channels, grain: max(1, 16_384 / channels)) { rows in
                let first = rows.lowerBound * channels
                body(x.baseAddress! + first, first, rows.count)
            }
        }
    }
}

/// Mean and biased variance of each channel.
private func channelMoments(_ x: Tensor) -> (mean: Tensor, variance: Tensor) {
    let channels = x.shape.dimensions.last ?? 1
    let blocks = RowBlocks(x.values.count / channels)
    var means = [Float](repeating: 0, count: blocks.count * channels), squares = means
    x.values.withUnsafeBufferPointer { x in
        means.withUnsafeMutableBufferPointer { means in
            squares.withUnsafeMutableBufferPointer { squares in
                blocks.forEach { block, rows in
                    ck_norm_moments(
                        x.baseAddress! + rows.lowerBound * channels, rows.count, Int32(channels),
                        means.baseAddress! + block * channels, squares.baseAddress! + block * channels)
                }
            }
        }
    }
    var mean = Tensor(zeros: [channels]), variance = mean
    ck_norm_combine(
        means, squares, Int32(blocks.count), RowBlocks.rows, blocks.lastRows, Int32(channels), &mean.values,
        &variance.values)
    return (mean, variance)
}

/// Rows cut into blocks that depend on nothing but their number: sums over blocks come out the same on any machine.
private struct RowBlocks {
    static let rows = 256
    let total: Int

    init(_ total: Int) { self.total = total }

    var count: Int { (total + Self.rows - 1) / Self.rows }
    var lastRows: Int { total - (count - 1) * Self.rows }

    /// Calls `body` with every block, on all cores.
    func forEach(_ body: (_ block: Int, _ rows: Range<Int>) -> Void) {
        Cores.share(count, grain: 1) { blocks in
            for block in blocks { body(block, block * Self.rows..<min(total, (block + 1) * Self.rows)) }
        }
    }
}
