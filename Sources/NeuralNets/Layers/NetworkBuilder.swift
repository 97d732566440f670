import TensorCore

/// Writes a `NetworkGraph` while reading its parameters by the name of their scope, so that a network's definition
/// reads like its paper and a missing tensor names itself.
///
/// Every call that reads parameters throws `WeightError` naming the first missing or mis-shaped one.
struct NetworkBuilder {
    typealias NodeID = NetworkGraph.NodeID

    let weights: any ParameterSource
    private(set) var graph: NetworkGraph

    /// - Parameter graph: the network to extend.
    init(_ weights: any ParameterSource, extending graph: NetworkGraph = NetworkGraph()) {
        (self.weights, self.graph) = (weights, graph)
    }

    /// An image's three channels, or a feature map's.
    mutating func input(channels: Int = 3) -> NodeID { graph.append(InputLayer(channels: channels)) }

    /// A square convolution. `scope.weight` is `[outputChannels, channels / groups, kernel, kernel]` in the file.
    mutating func convolution(
        _ x: NodeID, _ scope: String, to outputChannels: Int, kernel: Int, stride: Int = 1, groups: Int = 1,
        bias: Bool = false
    ) throws -> NodeID {
        let inputs = graph.nodes[x].channels / groups
        let layout = ParameterLayout.convolution([outputChannels, inputs, kernel, kernel])
        return try convolution(
            x, scope, layout, to: outputChannels, stride: stride, padding: weights.padding, groups: groups, bias: bias)
    }

    /// A square convolution with `padding` rows and columns on every side, whatever the weights' own style.
    mutating func convolution(
        _ x: NodeID, _ scope: String, to outputChannels: Int, kernel: Int, stride: Int, padding: Int,
        bias: Bool = false
    ) throws -> NodeID {
        let layout = ParameterLayout.convolution([outputChannels, graph.nodes[x].channels, kernel, kernel])
        return try convolution(
            x, scope, layout, to: outputChannels, stride: stride, padding: .fixed(padding), groups: 1, bias: bias)
    }

    /// A square transposed convolution. `scope.weight` is `[channels, outputChannels, kernel, kernel]` in the file.
    mutating func transposedConvolution(
        _ x: NodeID, _ scope: String, to outputChannels: Int, kernel: Int, stride: Int, padding: Int,
        bias: Bool = false
    ) throws -> NodeID {
        let layout = ParameterLayout.convolution([graph.nodes[x].channels, outputChannels, kernel, kernel])
        let convolution = TransposedConvolution(
            weights: layout.tensor(try weights.tensor("\(scope).weight", shape: layout.fileShape)),
            bias: bias ? try weights.tensor("\(scope).bias", shape: [outputChannels]) : nil, stride: stride,
            padding: padding)
        return append(convolution, [x], scope: scope)
    }

    /// A linear layer on a `[1, 1, channels]` map. `scope.weight` is `[outputChannels, channels]` in the file.
    mutating func linear(_ x: NodeID, _ scope: String, to outputChannels: Int, bias: Bool = true) throws -> NodeID {
        let layout = ParameterLayout.linear(outputs: outputChannels, inputs: graph.nodes[x].channels)
        return try convolution(
            x, scope, layout, to: outputChannels, stride: 1, padding: .symmetric, groups: 1, bias: bias)
    }

    private mutating func convolution(
        _ x: NodeID, _ scope: String, _ layout: ParameterLayout, to outputChannels: Int, stride: Int,
        padding: PaddingStyle, groups: Int, bias: Bool
    ) throws -> NodeID {
        let convolution = Convolution(
            weights: layout.tensor(try weights.tensor("\(scope).weight", shape: layout.fileShape)),
            bias: bias ? try weights.tensor("\(scope).bias", shape: [outputChannels]) : nil,
            stride: stride, padding: padding, groups: groups, layout: layout)
        return append(convolution, [x], scope: scope)
    }

    mutating func batchNorm(_ x: NodeID, _ scope: String) throws -> NodeID {
        let channels = graph.nodes[x].channels
        func values(_ name: String) throws -> [Float] { try weights.tensor("\(scope).\(name)", shape: [channels]) }
        let norm = BatchNorm(
            weight: try values("weight"), bias: try values("bias"), runningMean: try values("running_mean"),
            runningVariance: try values("running_var"), epsilon: weights.batchNormEpsilon)
        return append(norm, [x], scope: scope)
    }

    mutating func activation(_ x: NodeID, _ function: Pointwise) -> NodeID {
        append(ActivationLayer(function), [x])
    }

    mutating func add(_ a: NodeID, _ b: NodeID) -> NodeID { append(Addition(), [a, b]) }

    mutating func maxPool(_ x: NodeID, kernel: Int, stride: Int, padding: Int) -> NodeID {
        append(MaxPool(kernel: kernel, stride: stride, padding: padding), [x])
    }

    /// Means of `kernel`² windows that lie `kernel` apart.
    mutating func averagePool(_ x: NodeID, kernel: Int) -> NodeID {
        append(AveragePool(kernel: kernel), [x])
    }

    mutating func globalAveragePool(_ x: NodeID) -> NodeID { append(GlobalAveragePool(), [x]) }

    /// Each channel of `x` times the gate's value for it.
    mutating func scaleChannels(_ x: NodeID, by gate: NodeID) -> NodeID {
        append(ChannelScaling(), [x, gate])
    }

    /// Squeeze-and-excitation (Hu et al. 2018): pool, squeeze, SiLU, expand, sigmoid, scale.
    mutating func squeezeExcitation(_ x: NodeID, squeeze: String, expand: String, to squeezed: Int) throws -> NodeID {
        var gate = globalAveragePool(x)
        gate = try convolution(gate, squeeze, to: squeezed, kernel: 1, bias: true)
        gate = activation(gate, .silu)
        gate = try convolution(gate, expand, to: graph.nodes[x].channels, kernel: 1, bias: true)
        gate = activation(gate, .sigmoid)
        return scaleChannels(x, by: gate)
    }

    /// Maps of one size, behind each other along the channels.
    mutating func concatenate(_ maps: [NodeID]) -> NodeID { append(Concatenation(), maps) }

    /// Samples the grid `name`, `[1, channels, size, size]` in the file, at `coordinates`.
    mutating func gridSample(_ coordinates: NodeID, _ name: String, channels: Int, size: Int) throws -> NodeID {
        try gridSample(coordinates, name, .grid(channels: channels, size: size))
    }

    /// Samples the grid `name` at one point; every sample is a whole map of `height` × `width`. In the file the grid is
    /// `[1, channels · height · width, size, size]`.
    mutating func gridSampleMaps(
        _ coordinates: NodeID, _ name: String, channels: Int, height: Int, width: Int, size: Int
    ) throws -> NodeID {
        let layout = ParameterLayout.gridOfMaps(channels: channels, height: height, width: width, size: size)
        return append(Unfolding(height: height, width: width), [try gridSample(coordinates, name, layout)])
    }

    private mutating func gridSample(
        _ coordinates: NodeID, _ name: String, _ layout: ParameterLayout
    ) throws -> NodeID {
        let grid = layout.tensor(try weights.tensor(name, shape: layout.fileShape))
        return append(GridSample(grid: grid, layout: layout), [coordinates], scope: name)
    }

    private mutating func append(_ layer: any PlannedLayer, _ inputs: [NodeID], scope: String? = nil) -> NodeID {
        graph.append(layer, inputs, scope: scope)
    }

    /// Whether the weights continue with this tensor; the graph remembers where they ended.
    mutating func goesOn(with tensor: String) -> Bool {
        if weights.contains(tensor) { return true }
        graph.end(before: tensor)
        return false
    }

    mutating func name(_ node: NodeID, _ tap: String) { graph.name(node, tap) }

    func channels(_ node: NodeID) -> Int { graph.nodes[node].channels }
}
