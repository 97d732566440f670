import TensorCore

/// What training changes in a network: its parameters, by the names that weight files give them, and the running
/// statistics of its batch norms.
public struct NetworkParameters: Sendable, Equatable {
    /// Weights, biases and grids in network order, in the operations' layout.
    public private(set) var names: [String] = []
    /// One for each name.
    public var values: [Tensor] = []
    /// By the batch norm's scope.
    public var statistics: [String: RunningStatistics] = [:]
    private var layouts: [ParameterLayout] = []

    public init(of graph: NetworkGraph) {
        for node in graph.nodes {
            guard let scope = node.scope else { continue }
            switch node.operation {
            case .convolution(let convolution):
                append("\(scope).weight", convolution.weights, node.layout)
                if let bias = convolution.bias { append("\(scope).bias", bias) }
            case .transposedConvolution(let convolution):
                append("\(scope).weight", convolution.weights, node.layout)
                if let bias = convolution.bias { append("\(scope).bias", bias) }
            case .batchNorm(let norm):
                append("\(scope).weight", norm.weight)
                append("\(scope).bias", norm.bias)
                statistics[scope] = RunningStatistics(
                    mean: Self.vector(norm.runningMean), variance: Self.vector(norm.runningVariance))
            case .gridSample(let grid): append(scope, grid, node.layout)
            default: break
            }
        }
    }

    /// The value of a name; nil when the network has no such parameter.
    public subscript(name: String) -> Tensor? { names.firstIndex(of: name).map { values[$0] } }

    /// The parameters and statistics as a weight file holds them: names and layout are the frameworks'.
    public func stored() -> [String: StoredTensor] {
        var tensors: [String: StoredTensor] = [:]
        for (index, name) in names.enumerated() { tensors[name] = layouts[index].stored(values[index]) }
        for (scope, statistics) in statistics {
            tensors["\(scope).running_mean"] = StoredTensor(
                floats: statistics.mean.values, shape: statistics.mean.shape.dimensions)
            tensors["\(scope).running_var"] = StoredTensor(
                floats: statistics.variance.values, shape: statistics.variance.shape.dimensions)
        }
        return tensors
    }

    /// Takes every parameter and statistic from a source that has them as `stored` gives them.
    /// - Throws: `WeightError` naming the first that is missing or has another shape.
    public mutating func load(_ source: any ParameterSource) throws {
        for (index, name) in names.enumerated() {
            values[index] = layouts[index].tensor(try source.tensor(name, shape: layouts[index].fileShape))
        }
        for (scope, old) in statistics {
            func read(_ name: String, like tensor: Tensor) throws -> Tensor {
                let values = try source.tensor("\(scope).\(name)", shape: tensor.shape.dimensions)
                return Tensor(shape: tensor.shape, values: values)
            }
            statistics[scope] = RunningStatistics(
                mean: try read("running_mean", like: old.mean), variance: try read("running_var", like: old.variance))
        }
    }

    private mutating func append(_ name: String, _ value: [Float]) { append(name, Self.vector(value), nil) }

    private mutating func append(_ name: String, _ value: Tensor, _ layout: ParameterLayout?) {
        names.append(name)
        values.append(value)
        layouts.append(layout ?? .plain(value.values.count))
    }

    private static func vector(_ values: [Float]) -> Tensor { Tensor(shape: [values.count], values: values) }
}

extension NetworkGraph {
    /// The same network with other parameters and statistics: those it was asked for, after training.
    public func with(_ parameters: NetworkParameters) -> NetworkGraph {
        var graph = self
        let values = Dictionary(uniqueKeysWithValues: zip(parameters.names, parameters.values))
        for (id, node) in nodes.enumerated() {
            guard let scope = node.scope else { continue }
            switch node.operation {
            case .convolution(let old):
                let convolution = Convolution(
                    weights: values["\(scope).weight"] ?? old.weights,
                    bias: values["\(scope).bias"]?.values ?? old.bias,
                    stride: old.stride, padding: old.padding, groups: old.groups)
                graph.replaceOperation(of: id, by: .convolution(convolution))
            case .transposedConvolution(let old):
                let convolution = TransposedConvolution(
                    weights: values["\(scope).weight"] ?? old.weights,
                    bias: values["\(scope).bias"]?.values ?? old.bias, stride: old.stride, padding: old.padding)
                graph.replaceOperation(of: id, by: .transposedConvolution(convolution))
            case .batchNorm(let old):
                let statistics = parameters.statistics[scope]
                let norm = BatchNorm(
                    weight: values["\(scope).weight"]?.values ?? old.weight,
                    bias: values["\(scope).bias"]?.values ?? old.bias,
                    runningMean: statistics?.mean.values ?? old.runningMean,
                    runningVariance: statistics?.variance.values ?? old.runningVariance, epsilon: old.epsilon)
                graph.replaceOperation(of: id, by: .batchNorm(norm))
            case .gridSample(let old): graph.replaceOperation(of: id, by: .gridSample(values[scope] ?? old))
            default: break
            }
        }
        return graph
    }
}
