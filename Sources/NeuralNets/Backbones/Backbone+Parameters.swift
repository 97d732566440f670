extension Backbone {
    /// The same backbone with trained parameters; offsets are forgotten, for other weights look elsewhere.
    public func with(_ parameters: NetworkParameters) -> Backbone {
        var copy = with(offsets: [:])
        copy.graph = graph.with(parameters)
        var tensors = file.tensors
        for (name, tensor) in parameters.stored() { tensors[dialect.fileName(of: name, in: architecture)] = tensor }
        copy.file = WeightFile(tensors: tensors, metadata: file.metadata)
        return copy
    }
}
