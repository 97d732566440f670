import CKernels

/// The gradients of a scalar with respect to tracked variables, by reverse accumulation.
///
/// - Parameters:
///   - loss: a variable of one element.
///   - variables: the variables of differentiation; parts of the record that lead to none of them are left alone.
///   - createGraph: whether the gradients are recorded too, so that something computed from them can be differentiated
///     (double backpropagation). Without it the record between `loss` and `variables` is used up: each kept value is
///     freed as soon as its gradient has flowed, and the same record cannot be differentiated again.
/// - Returns: one gradient for each variable, of its shape; zeros where `loss` does not depend on it.
package func gradients(
    of loss: Variable, withRespectTo variables: [Variable], createGraph: Bool = false
) -> [Variable] {
    precondition(loss.value.values.count == 1, "expected a scalar, got \(loss.shape)")
    return gradients(
        of: loss, weightedBy: Tensor(shape: loss.shape, values: [1]), withRespectTo: variables,
        createGraph: createGraph)
}

/// The gradients of `Σ output · weights`, as `gradients(of:withRespectTo:createGraph:)` of that scalar.
///
/// - Parameter weights: of the output's shape.
package func gradients(
    of output: Variable, weightedBy weights: Tensor, withRespectTo variables: [Variable], createGraph: Bool = false
) -> [Variable] {
    precondition(weights.shape == output.shape, "\(weights.shape) weights for \(output.shape)")
    guard let root = output.node else { return variables.map { Variable(Tensor(zeros: $0.shape)) } }
    let wanted = Set(variables.compactMap { $0.node.map(ObjectIdentifier.init) })
    let path = nodesTowards(wanted, from: root)
    var sums = GradientSums(createGraph: createGraph)
    sums.add(Variable(weights), to: root)
    for node in path.order {
        // A wanted node's gradient stays for the caller, even when others lie behind it.
        let id = ObjectIdentifier(node)
        guard let gradient = wanted.contains(id) ? sums.total(of: node) : sums.take(node) else { continue }
        let isWanted = node.inputs.map { path.members.contains(ObjectIdentifier($0)) }
        guard isWanted.contains(true) else { continue }
        node.flowBack(gradient, isWanted: isWanted, pass: Pass(createsGraph: createGraph), into: &sums)
        if !createGraph { node.flow = .spent }
    }
    return variables.map { variable in
        variable.node.flatMap { sums.total(of: $0) } ?? Variable(Tensor(zeros: variable.shape))
    }
}

/// The nodes on some way from `root` to a wanted one, deepest first.
private func nodesTowards(
    _ wanted: Set<ObjectIdentifier>, from root: Node
) -> (order: [Node], members: Set<ObjectIdentifier>) {
    // Found without recursion: a record may be thousands of operations deep.
    var found: [Node] = [], seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)], pending = [root]
    while let node = pending.popLast() {
        found.append(node)
        for input in node.inputs where seen.insert(ObjectIdentifier(input)).inserted { pending.append(input) }
    }
    // Position breaks ties, so that sums are formed in the same order every time.
    let byDepth = found.enumerated().sorted { ($0.element.depth, $0.offset) < ($1.element.depth, $1.offset) }
    var members: Set<ObjectIdentifier> = []
    for (_, node) in byDepth {
        let leads = node.inputs.contains { members.contains(ObjectIdentifier($0)) }
        if leads || wanted.contains(ObjectIdentifier(node)) { members.insert(ObjectIdentifier(node)) }
    }
    return (byDepth.reversed().map(\.element).filter { members.contains(ObjectIdentifier($0)) }, members)
}

extension Node {
    /// Propagates the gradient of this node's value to its inputs.
    fileprivate func flowBack(
        _ gradient: Variable, isWanted: [Bool], pass: Pass, into sums: inout GradientSums
    ) {
        switch flow {
        case .leaf: break
        case .separate(let partials):
            for (index, partial) in partials.enumerated() where isWanted[index] {
                sums.add(partial(gradient, pass), to: inputs[index])
            }
        case .fused(let kernel):
            precondition(!pass.createsGraph, "this operation can be differentiated only once")
            for (input, contribution) in zip(inputs, kernel(gradient.value)) {
                if let contribution { sums.add(Variable(contribution), to: input) }
            }
        case .spent:
            preconditionFailure("this record was used up by an earlier call; that call needs createGraph: true")
        }
    }
}

/// The accumulated gradient of each node.
private struct GradientSums {
    let createGraph: Bool
    private var sums: [ObjectIdentifier: Variable] = [:]

    init(createGraph: Bool) { self.createGraph = createGraph }

    func total(of node: Node) -> Variable? { sums[ObjectIdentifier(node)] }
    mutating func take(_ node: Node) -> Variable? { sums.removeValue(forKey: ObjectIdentifier(node)) }

    mutating func add(_ gradient: Variable, to node: Node) {
        let id = ObjectIdentifier(node)
        guard let sum = sums.removeValue(forKey: id) else {
            sums[id] = gradient
            return
        }
        precondition(sum.shape == gradient.shape, "gradients \(sum.shape) and \(gradient.shape) of one variable")
        var total = sum.value
        if createGraph {
            total.add(gradient.value)
            sums[id] = Variable(total, from: (sum, { g, _ in g }), (gradient, { g, _ in g }))
            return
        }
        // Usually only the table holds the sum, and this adds in place.
        _ = consume sum
        total.add(gradient.value)
        sums[id] = Variable(total)
    }
}
