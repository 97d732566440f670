import CKernels
import TensorCore

/// The network's input: a normalised image, or feature maps.
package struct InputLayer: PlannedLayer {
    package let channels: Int

    package init(channels: Int) { self.channels = channels }

    package func channels(of inputs: [Int]) -> Int { channels }
    package func grid(over inputs: [MapGrid], in picture: MapGrid) -> MapGrid { picture }
    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable { pass.input }

    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) { _ = plan.makeValue(id) }
}

/// An element-wise non-linearity.
package struct ActivationLayer: PlannedLayer {
    private let applied: Pointwise

    /// - Parameter function: one that inference's kernels have; a leaky ReLU of slope 0.2.
    package init(_ function: Pointwise) {
        precondition(function.isFused, "inference has no activation \(function)")
        applied = function
    }

    package var function: Pointwise? { applied }
    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable { applied(inputs[0]) }

    package var fusion: FusionRole { .function(applied) }

    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        plan.appendSum(of: [plan.inputs(of: id)[0]], applied.function, for: id)
    }
}

/// Sum of two maps of one shape.
package struct Addition: PlannedLayer {
    package init() {}

    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable { inputs[0] + inputs[1] }

    package var fusion: FusionRole { .sum }

    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let (activation, last) = plan.takeFunction(behind: id)
        plan.appendSum(of: plan.inputs(of: id), activation, for: last)
    }
}

/// The first input, each channel times the second input's value for it.
package struct ChannelScaling: PlannedLayer {
    package init() {}

    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable { inputs[0] * inputs[1] }

    /// The gate goes into the weights of a 1×1 convolution behind it, where there is one.
    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let inputs = plan.inputs(of: id)
        if plan.leaveGate(inputs[1], of: inputs[0], at: id) { return }
        let (activation, last) = plan.takeFunction(behind: id)
        let map = plan.value(of: inputs[0]), gate = plan.value(of: inputs[1]), output = plan.makeValue(last)
        plan.append(
            ScaleChannelsStep(
                input: map.buffer, gate: gate.buffer, pixels: map.pixels, channels: map.channels,
                activation: activation, output: output.buffer),
            for: last)
        inputs.forEach { plan.release($0) }
    }
}
