import TensorCore

/// The state from which a training resumes: the parameters, the batch norms' statistics and the optimiser's memory, bit
/// for bit.
package struct TrainingState: Sendable, Equatable {
    package var parameters: NetworkParameters
    package var optimizer: OptimizerState

    package init(parameters: NetworkParameters, optimizer: OptimizerState) {
        (self.parameters, self.optimizer) = (parameters, optimizer)
    }

    /// `parameter.<name>` in the frameworks' layout, `<memory>.<index>` and `steps`.
    package var tensors: [String: StoredTensor] {
        var tensors = ["steps": StoredTensor(integers: [optimizer.steps], shape: [1])]
        for (name, tensor) in parameters.stored() { tensors["parameter.\(name)"] = tensor }
        for (name, memory) in optimizer.memory {
            for (index, tensor) in memory.enumerated() {
                tensors["\(name).\(index)"] = StoredTensor(floats: tensor.values, shape: tensor.shape.dimensions)
            }
        }
        return tensors
    }

    /// Reads `tensors` back.
    /// - Parameters:
    ///   - prefix: the names' prefix.
    ///   - like: a state of the same training.
    /// - Throws: `WeightError` if it belongs to another network or is incomplete.
    package init(_ tensors: [String: StoredTensor], prefix: String = "", like other: TrainingState) throws {
        self = other
        try parameters.load(StoredParameters(tensors, prefix: "\(prefix)parameter.", file: "checkpoint"))
        guard let steps = tensors["\(prefix)steps"]?.integers().first else {
            throw WeightError(.mismatch, "checkpoint: \(prefix)steps: the file does not have it")
        }
        let source = StoredParameters(tensors, prefix: prefix, file: "checkpoint")
        for name in optimizer.memory.keys {
            // Before the first step the optimiser has no state.
            guard steps > 0 else {
                optimizer.memory[name] = []
                continue
            }
            optimizer.memory[name] = try parameters.values.enumerated().map { index, value in
                let values = try source.tensor("\(name).\(index)", shape: value.shape.dimensions)
                return Tensor(shape: value.shape, values: values)
            }
        }
        optimizer.steps = steps
    }
}
