extension Backbone {
    /// The same backbone with trained parameters, without offsets, which belong to the old weights. Unchanged tensors
    /// keep their stored form.
    package func with(_ parameters: NetworkParameters) -> Backbone {
        var copy = with(offsets: [:])
        var tensors = file.tensors
        for (name, tensor) in parameters.stored() {
            let key = dialect.fileName(of: name, in: architecture)
            let isUnchanged = tensors[key]?.floats().elementsEqual(tensor.floats()) { $0.bitPattern == $1.bitPattern }
            if isUnchanged != true { tensors[key] = tensor }
        }
        copy.content = Content(
            file: WeightFile(tensors: tensors, metadata: file.metadata), graph: graph.with(parameters))
        return copy
    }
}
