import TensorCore

/// Windows of `kernel`², `padding` on every side counted as −∞.
package struct MaxPool: PlannedLayer {
    package let kernel, stride, padding: Int

    package func grid(over inputs: [MapGrid], in picture: MapGrid) -> MapGrid {
        func windows(_ axis: GridAxis) -> GridAxis {
            axis.windows(kernel: kernel, stride: stride, padding: (padding, 2 * padding))
        }
        return (windows(inputs[0].rows), windows(inputs[0].columns))
    }

    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable {
        maxPool(inputs[0], Window(kernel, kernel, stride: stride, padding: .all(padding)))
    }

    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let source = plan.inputs(of: id)[0], input = plan.value(of: source), output = plan.makeValue(id)
        plan.append(
            MaxPoolStep(
                input: input.buffer, size: (input.height, input.width), channels: input.channels,
                window: (kernel, stride, padding), outputSize: (output.height, output.width), output: output.buffer),
            for: id)
        plan.release(source)
    }
}

/// Means of `kernel`² windows that lie `kernel` apart.
package struct AveragePool: PlannedLayer {
    package let kernel: Int

    package func grid(over inputs: [MapGrid], in picture: MapGrid) -> MapGrid {
        func windows(_ axis: GridAxis) -> GridAxis { axis.windows(kernel: kernel, stride: kernel, padding: (0, 0)) }
        return (windows(inputs[0].rows), windows(inputs[0].columns))
    }

    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable {
        averagePool(inputs[0], Window(kernel, kernel, stride: kernel))
    }

    /// As a depthwise convolution with equal weights.
    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let channels = plan.channels(of: id)
        let weights = Tensor(repeating: 1 / Float(kernel * kernel), shape: [kernel, kernel, 1, channels])
        Convolution(weights: weights, stride: kernel, padding: .fixed(0), groups: channels)
            .compileDepthwise(id, into: &plan)
    }
}

/// `[H, W, C] → [1, 1, C]`
package struct GlobalAveragePool: PlannedLayer {
    package func grid(over inputs: [MapGrid], in picture: MapGrid) -> MapGrid {
        (inputs[0].rows.pooled, inputs[0].columns.pooled)
    }

    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable {
        mean(inputs[0], axes: 1...2, keepingAxes: true)
    }

    /// From the sums that a depthwise convolution before it keeps, else from the map.
    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let source = plan.inputs(of: id)[0], input = plan.value(of: source), output = plan.makeValue(id)
        if let producer = plan.step(computing: source) as? DepthwiseStep {
            let (sums, stride) = producer.makeSums(members: plan.members)
            plan.append(
                PooledSumsStep(
                    sums: sums, stride: stride, channels: input.channels, pixels: input.pixels, output: output.buffer),
                for: id)
        } else {
            plan.append(
                GlobalPoolStep(
                    input: input.buffer, pixels: input.pixels, channels: input.channels, output: output.buffer), for: id
            )
        }
        plan.release(source)
    }
}
