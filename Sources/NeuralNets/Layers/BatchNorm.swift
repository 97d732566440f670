import TensorCore

/// Batch norm (Ioffe & Szegedy 2015). In evaluation mode: per channel `x · scale + shift`.
package struct BatchNorm: PlannedLayer {
    package let weight, bias, runningMean, runningVariance: [Float]
    package let epsilon: Float

    /// Factor and summand of evaluation mode.
    package var folded: (scale: [Float], shift: [Float]) {
        let scale = zip(weight, runningVariance).map { $0 / ($1 + epsilon).squareRoot() }
        let shift = bias.indices.map { bias[$0] - runningMean[$0] * scale[$0] }
        return (scale, shift)
    }

    // MARK: Parameters

    package var parameters: [LayerParameter] { [LayerParameter(".weight", weight), LayerParameter(".bias", bias)] }

    package var statistics: RunningStatistics? {
        func vector(_ values: [Float]) -> Tensor { Tensor(shape: [values.count], values: values) }
        return RunningStatistics(mean: vector(runningMean), variance: vector(runningVariance))
    }

    package func with(_ parameters: [Tensor], _ statistics: RunningStatistics?) -> BatchNorm {
        BatchNorm(
            weight: parameters[0].values, bias: parameters[1].values,
            runningMean: statistics?.mean.values ?? runningMean,
            runningVariance: statistics?.variance.values ?? runningVariance, epsilon: epsilon)
    }

    // MARK: Forward

    package var takesFunction: Bool { true }

    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable {
        let x = inputs[0], (weight, bias) = (pass.parameters[0], pass.parameters[1])
        guard var statistics = pass.statistics else { preconditionFailure("no statistics for a batch norm") }
        switch pass.normalization {
        case .frozen:
            return batchNorm(
                x, weight: weight, bias: bias, mean: statistics.mean, variance: statistics.variance, epsilon: epsilon,
                activation: pass.function)
        case .batch(let momentum):
            let (out, mean, variance) = batchNormTraining(
                x, weight: weight, bias: bias, epsilon: epsilon, activation: pass.function)
            statistics.update(
                mean: mean, variance: variance, count: x.value.values.count / self.weight.count, momentum: momentum)
            pass.statistics = statistics
            return out
        }
    }

    // MARK: Plan

    package var fusion: FusionRole {
        let (scale, shift) = folded
        return .affine(scale: scale, shift: shift)
    }

    /// A batch norm that no convolution could absorb: a depthwise one of 1×1.
    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let (scale, shift) = folded
        Convolution(weights: Tensor(shape: [1, 1, 1, scale.count], values: scale), bias: shift, groups: scale.count)
            .compileDepthwise(id, into: &plan)
    }
}
