extension Variable {
    /// The result of several operations that keeps only their inputs: for its gradient, they run again and are
    /// recorded. Costs one more forward run and saves the memory of all values in between (Chen,
    /// Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", arXiv 1604.06174, section 4). Cannot be
    /// differentiated twice.
    ///
    /// - Parameters:
    ///   - value: the result of `body` for `inputs`.
    ///   - inputs: all variables that receive gradients, including parameters.
    ///   - body: the operations; gives the same for the same inputs.
    package init(_ value: Tensor, recomputedFrom inputs: [Variable], by body: @escaping ([Variable]) -> Variable) {
        self.init(value, fusedFrom: inputs) { gradient in
            let again = inputs.map { $0.isTracked ? Variable(tracking: $0.value) : $0 }
            var flowed = gradients(
                of: body(again), weightedBy: gradient, withRespectTo: again.filter(\.isTracked)
            ).makeIterator()
            return again.map { $0.isTracked ? flowed.next()?.value : nil }
        }
    }
}
