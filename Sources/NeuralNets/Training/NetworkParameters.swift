import TensorCore

/// The trained part of a network: its parameters, by the names that weight files give them, and the running
/// statistics of its batch norms.
package struct NetworkParameters: Sendable, Equatable {
    /// Weights, biases and grids in network order, in the operations' layout.
    package private(set) var names: [String] = []
    /// One for each name.
    package var values: [Tensor] = []
    /// By the batch norm's scope.
    package var statistics: [String: RunningStatistics] = [:]
    private var layouts: [ParameterLayout] = []

    package init(of graph: NetworkGraph) {
        for node in graph.nodes {
            guard let scope = node.scope else { continue }
            for parameter in node.layer.parameters {
                names.append(scope + parameter.suffix)
                values.append(parameter.value)
                layouts.append(parameter.layout)
            }
            statistics[scope] = node.layer.statistics
        }
    }

    /// The value of a name; nil if the network has no such parameter.
    package subscript(name: String) -> Tensor? { names.firstIndex(of: name).map { values[$0] } }

    /// The parameters and statistics in a weight file's form: names and layout are the frameworks'.
    package func stored() -> [String: StoredTensor] {
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

    /// Reads every parameter and statistic from a source in the form of `stored`.
    /// - Throws: `WeightError` naming the first that is missing or has another shape.
    package mutating func load(_ source: any ParameterSource) throws {
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
}

extension NetworkGraph {
    /// The same network with other parameters and statistics, as after training.
    package func with(_ parameters: NetworkParameters) -> NetworkGraph {
        var graph = self
        let values = Dictionary(uniqueKeysWithValues: zip(parameters.names, parameters.values))
        for (id, node) in nodes.enumerated() {
            guard let scope = node.scope else { continue }
            let layer = node.layer.with(
                node.layer.parameters.map { values[scope + $0.suffix] ?? $0.value }, parameters.statistics[scope])
            graph.replaceLayer(of: id, by: layer)
        }
        return graph
    }
}
