import TensorCore

/// What a training goes on from: the parameters and the optimiser's memory, bit for bit.
public struct TrainingState: Sendable, Equatable {
    public var parameters: [Tensor]
    public var optimizer: OptimizerState

    public init(parameters: [Tensor], optimizer: OptimizerState) {
        (self.parameters, self.optimizer) = (parameters, optimizer)
    }

    /// `parameter.<index>`, `<memory>.<index>` and `steps`.
    public var tensors: [String: StoredTensor] {
        var tensors = ["steps": StoredTensor(integers: [optimizer.steps], shape: [1])]
        func add(_ name: String, _ values: [Tensor]) {
            for (index, tensor) in values.enumerated() {
                tensors["\(name).\(index)"] = StoredTensor(floats: tensor.values, shape: tensor.shape.dimensions)
            }
        }
        add("parameter", parameters)
        for (name, memory) in optimizer.memory { add(name, memory) }
        return tensors
    }

    /// Reads `tensors` back.
    /// - Parameter like: a state of the same training.
    /// - Throws: `WeightError` when it is of another network, or incomplete.
    public init(_ tensors: [String: StoredTensor], like other: TrainingState) throws {
        let source = StoredParameters(tensors, file: "checkpoint")
        func read(_ name: String) throws -> [Tensor] {
            try other.parameters.enumerated().map { index, value in
                let values = try source.tensor("\(name).\(index)", shape: value.shape.dimensions)
                return Tensor(shape: value.shape, values: values)
            }
        }
        guard let steps = tensors["steps"]?.integers().first else {
            throw WeightError(.mismatch, "checkpoint: steps: the file does not have it")
        }
        var memory: [String: [Tensor]] = [:]
        for name in other.optimizer.memory.keys {
            // Before the first step the optimiser remembers nothing.
            memory[name] = steps == 0 ? [] : try read(name)
        }
        self.init(parameters: try read("parameter"), optimizer: OptimizerState(steps: steps, memory: memory))
    }
}
