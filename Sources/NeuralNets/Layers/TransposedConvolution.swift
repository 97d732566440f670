import TensorCore

/// The transpose of a square convolution: it makes maps larger again.
package struct TransposedConvolution: PlannedLayer {
    /// `[kernel, kernel, output channels, input channels]`
    package let weights: Tensor
    package let bias: [Float]?
    package let stride: Int
    /// Rows and columns that the output loses on every side.
    package let padding: Int

    package var kernel: Int { weights.shape[0] }
    package var outputChannels: Int { weights.shape[2] }

    // MARK: Shape

    package func channels(of inputs: [Int]) -> Int { outputChannels }

    /// Each input cell lies in the middle of the outputs that it feeds.
    private func grid(over axis: GridAxis) -> GridAxis {
        let step = axis.step / Double(stride), middle = Double(kernel - 1) / 2 - Double(padding)
        let count = (axis.count - 1) * stride - 2 * padding + kernel
        return GridAxis(count: count, first: axis.first - step * middle, step: step)
    }

    package func grid(over inputs: [MapGrid], in picture: MapGrid) -> MapGrid {
        (grid(over: inputs[0].rows), grid(over: inputs[0].columns))
    }

    // MARK: Parameters

    package var parameters: [LayerParameter] {
        let layout = ParameterLayout.convolution([3, 2, 0, 1].map { weights.shape[$0] })
        return [LayerParameter(".weight", weights, layout)] + (bias.map { [LayerParameter(".bias", $0)] } ?? [])
    }

    package func with(_ parameters: [Tensor], _ statistics: RunningStatistics?) -> TransposedConvolution {
        TransposedConvolution(
            weights: parameters[0], bias: bias.map { _ in parameters[1].values }, stride: stride, padding: padding)
    }

    // MARK: Forward

    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable {
        convTranspose2d(
            inputs[0], pass.parameters[0], bias: bias.map { _ in pass.parameters[1] }, stride: stride, padding: padding)
    }

    // MARK: Plan

    /// With its batch norm, bias and activation, as one dense product for each phase of the output: pixels whose
    /// positions differ by multiples of the stride meet the same taps of the kernel.
    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let source = plan.inputs(of: id)[0], input = plan.value(of: source)
        let tail = plan.takeTail(of: id, bias: bias, allowsResidual: false), output = plan.makeValue(tail.last)
        var weights = weights.values
        if let scale = tail.scale {
            let depth = input.channels
            for index in weights.indices { weights[index] *= scale[index / depth % scale.count] }
        }
        let step = TransposedConvolutionStep(
            input: input, output: output, weights: weights, geometry: (kernel, stride, padding), zeros: plan.zeros,
            bias: plan.biasBuffer(tail), activation: tail.activation)
        plan.append(step, for: tail.last)
        plan.release(source)
    }
}
