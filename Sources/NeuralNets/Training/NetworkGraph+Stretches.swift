extension NetworkGraph {
    /// The nodes of `order` in runs between which a single value passes: the blocks of a network without connections
    /// around them.
    ///
    /// - Parameters:
    ///   - order: nodes in evaluation order.
    ///   - endsNone: whether a node must stay in one run with the next.
    package func stretches(_ order: [NodeID], endsNone: (NodeID) -> Bool = { _ in false }) -> [[NodeID]] {
        var unread: [NodeID: Int] = [:]
        for id in order { for input in nodes[id].inputs { unread[input, default: 0] += 1 } }
        var alive: Set<NodeID> = [], stretches: [[NodeID]] = [], stretch: [NodeID] = []
        for id in order {
            for input in nodes[id].inputs {
                unread[input, default: 0] -= 1
                if unread[input] == 0 { alive.remove(input) }
            }
            alive.insert(id)
            stretch.append(id)
            if alive.count == 1, !endsNone(id) {
                stretches.append(stretch)
                stretch = []
            }
        }
        return stretch.isEmpty ? stretches : stretches + [stretch]
    }
}
