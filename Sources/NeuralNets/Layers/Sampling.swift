import TensorCore

/// Maps of one size, behind each other along the channels.
package struct Concatenation: PlannedLayer {
    package func channels(of inputs: [Int]) -> Int { inputs.reduce(0, +) }
    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable { concatenateChannels(inputs) }

    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let inputs = plan.inputs(of: id), maps = inputs.map { plan.value(of: $0) }, output = plan.makeValue(id)
        plan.append(
            ConcatenateStep(
                inputs: maps.map { ($0.buffer, $0.channels) }, pixels: output.pixels, output: output.buffer), for: id)
        inputs.forEach { plan.release($0) }
    }
}

/// Samples a learnt grid at coordinates `[H, W, 2]`, each (x, y) in −1…1 from edge to edge: bilinear, zeros outside,
/// corners not aligned.
package struct GridSample: PlannedLayer {
    /// `[h, w, channels]`
    package let grid: Tensor
    let layout: ParameterLayout

    package func channels(of inputs: [Int]) -> Int { grid.shape[2] }

    package var parameters: [LayerParameter] { [LayerParameter("", grid, layout)] }

    package func with(_ parameters: [Tensor], _ statistics: RunningStatistics?) -> GridSample {
        GridSample(grid: parameters[0], layout: layout)
    }

    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable {
        let grid = pass.parameters[0]
        return gridSample(grid.reshaped(Shape([1] + grid.shape.dimensions)), inputs[0])
    }

    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        let source = plan.inputs(of: id)[0], coordinates = plan.value(of: source), output = plan.makeValue(id)
        plan.append(
            GridSampleStep(
                grid: FloatBuffer(grid.values), gridSize: (grid.shape[0], grid.shape[1]), channels: output.channels,
                coordinates: coordinates.buffer, positions: output.pixels, output: output.buffer),
            for: id)
        plan.release(source)
    }
}

/// `[1, 1, height · width · C] → [height, width, C]`: the same values.
package struct Unfolding: PlannedLayer {
    package let height, width: Int

    package func channels(of inputs: [Int]) -> Int { inputs[0] / (height * width) }

    package func grid(over inputs: [MapGrid], in picture: MapGrid) -> MapGrid {
        (.dividing(picture.rows.count, into: height), .dividing(picture.columns.count, into: width))
    }

    package func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable {
        let shape = inputs[0].shape
        return inputs[0].reshaped([shape[0], height, width, shape[3] / (height * width)])
    }

    /// Another shape over the same memory.
    package func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler) {
        plan.makeView(id, of: plan.inputs(of: id)[0])
    }
}
