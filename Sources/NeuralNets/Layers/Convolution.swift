import TensorCore

/// A square convolution, dense, in groups, or with one filter per channel.
package struct Convolution: PlannedLayer {
    /// `[kernel, kernel, input channels / groups, output channels]`
    package let weights: Tensor
    package let bias: [Float]?
    package let stride: Int
    package let padding: PaddingStyle
    package let groups: Int
    /// The layout of the weights in a file: a linear layer's have two axes.
    private let layout: ParameterLayout

    /// - Parameter layout: nil for a convolution's.
    package init(
        weights: Tensor, bias: [Float]? = nil, stride: Int = 1, padding: PaddingStyle = .symmetric, groups: Int = 1,
        layout: ParameterLayout? = nil
    ) {
        (self.weights, self.bias) = (weights, bias)
        (self.stride, self.padding, self.groups) = (stride, padding, groups)
        self.layout = layout ?? .convolution([3, 2, 0, 1].map { weights.shape[$0] })
    }

    package var kernel: Int { weights.shape[0] }
    package var outputChannels: Int { weights.shape[3] }
    /// One filter per channel.
    package var isDepthwise: Bool { groups > 1 && weights.shape[2] == 1 && groups == outputChannels }

    // MARK: Shape

    /// Rows or columns of padding before the first and in total, for an input of `size`.
    package func padding(for size: Int) -> (before: Int, total: Int) {
        switch padding {
        case .symmetric: return (kernel / 2, kernel / 2 * 2)
        case .same:
            let outputs = (size + stride - 1) / stride
            let total = max(0, (outputs - 1) * stride + kernel - size)
            return (total / 2, total)
        case .fixed(let side): return (side, 2 * side)
        }
    }

    /// The padding of an input `[N, H, W, C]`.
    package func padding(of shape: Shape) -> Padding {
        let vertical = padding(for: shape[1]), horizontal = padding(for: shape[2])
        return Padding(
            top: vertical.before, left: horizontal.before, bottom: vertical.total - vertical.before,
            right: horizontal.total - horizontal.before)
    }

    package func channels(of inputs: [Int]) -> Int { outputChannels }

    /// Its output's cells over an input whose cells lie on `axis`.
    package func grid(over axis: GridAxis) -> GridAxis {
        axis.windows(kernel: kernel, stride: stride, padding: padding(for: axis.count))
    }

    package func grid(over inputs: [MapGrid], in picture: MapGrid) -> MapGrid {
        (grid(over: inputs[0].rows), grid(over: inputs[0].columns))
    }

    // MARK: Parameters

    package var parameters: [LayerParameter] {
        [LayerParameter(".weight", weights, layout)] + (bias.map { [LayerParameter(".bias", $0)] } ?? [])
    }

    package func with(_ parameters: [Tensor], _ statistics: RunningStatistics?) -> Convolution {
        Convolution(
            weights: parameters[0], bias: bias.map { _ in parameters[1].values }, stride: stride, padding: padding,
            groups: groups, layout: layout)
    }

    // MARK: Forward

    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable {
        conv2d(
            inputs[0], pass.parameters[0], bias: bias.map { _ in pass.parameters[1] }, stride: stride,
            padding: padding(of: inputs[0].shape), groups: groups)
    }

    // MARK: Plan

    package var fusion: FusionRole {
        if isDepthwise { return .depthwise }
        return isPointwise ? .pointwise(stride: stride) : .none
    }

    private var isPointwise: Bool { kernel == 1 && groups == 1 }

    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        if isDepthwise { compileDepthwise(id, into: &plan) } else { compileDense(id, into: &plan) }
    }

    /// With the batch norm and the activation behind it.
    func compileDepthwise(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let source = plan.inputs(of: id)[0], input = plan.value(of: source)
        let before = plan.takeUnfinished(before: source)
        let tail = plan.takeTail(of: id, bias: bias, allowsResidual: false)
        let isLeft = plan.leavesToPointwise(tail.last)
        let output = isLeft ? plan.makeStripValue(tail.last) : plan.makeValue(tail.last)
        let step = DepthwiseStep(
            input: input, output: output, weights: tail.scaled(weights.values), bias: plan.biasBuffer(tail),
            window: (kernel, stride, padding(for: input.height).before, padding(for: input.width).before),
            activation: tail.activation, expansion: before?.expansion, members: plan.members)
        let sources = before?.sources ?? [source]
        if isLeft {
            plan.leave(UnfinishedStrips(depthwise: step, sources: sources), at: tail.last)
        } else {
            plan.append(step, for: tail.last)
            sources.forEach { plan.release($0) }
        }
    }

    /// A 1×1 convolution in strips: behind a depthwise one that was left to it, or left to one behind it.
    /// - Returns: whether it is one.
    private func compileInStrips(_ id: NetworkGraph.NodeID, _ tail: FusedTail, into plan: inout PlanCompiler) -> Bool {
        let source = plan.inputs(of: id)[0], before = plan.takeUnfinished(before: source)
        let isLeft = isPointwise && stride == 1 && tail.residual == nil && plan.leavesToDepthwise(tail.last)
        guard isLeft || before != nil else { return false }
        let product = PointwiseProduct(
            tail.scaled(weights.values), depth: weights.shape[2], columns: outputChannels, bias: plan.biasBuffer(tail),
            residual: tail.residual.map { plan.value(of: $0).buffer }, activation: tail.activation)
        if let before, let depthwise = before.depthwise {
            depthwise.project(by: product, into: plan.makeValue(tail.last))
            plan.append(depthwise, for: tail.last)
            for read in before.sources + [tail.residual].compactMap(\.self) { plan.release(read) }
        } else {
            _ = plan.makeStripValue(tail.last)
            plan.leave(
                UnfinishedStrips(expansion: product.reading(plan.value(of: source)), sources: [source]), at: tail.last)
        }
        return true
    }

    /// With the batch norm, the shortcut and the activation behind it, and the gate before it.
    private func compileDense(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let source = plan.inputs(of: id)[0], gate = plan.takeGate(before: source)
        let map = gate?.map ?? source, input = plan.value(of: map)
        let tail = plan.takeTail(of: id, bias: bias, allowsResidual: groups == 1)
        if gate == nil, compileInStrips(id, tail, into: &plan) { return }
        let output = plan.makeValue(tail.last)
        let weights = tail.scaled(weights.values)
        if gate == nil, suitsMinimalFiltering(input) {
            plan.appendMinimalFiltering(input, output, weights: weights, tail)
        } else {
            let windows = DenseWindows(
                kernel: kernel, stride: stride, groups: groups, vertical: padding(for: input.height),
                horizontal: padding(for: input.width))
            plan.appendProducts(input, output, windows, weights: weights, tail, gate: gate?.gate)
        }
        plan.release(map)
        if let gate { plan.release(gate.gate) }
        if let residual = tail.residual { plan.release(residual) }
    }

    /// Whether minimal filtering is faster: enough outputs to share out the transforms, and channels to fill
    /// the products.
    private func suitsMinimalFiltering(_ input: PlanValue) -> Bool {
        kernel == 3 && stride == 1 && groups == 1 && padding(for: input.height).before == 1 && input.channels >= 48
            && outputChannels >= 48 && input.height >= 8 && input.width >= 8
    }
}
