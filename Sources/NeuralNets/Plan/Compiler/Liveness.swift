/// How long each node's map is needed: buffers go round between maps that do not live at the same time.
struct Liveness {
    typealias NodeID = NetworkGraph.NodeID

    /// Reads still to come of a node's buffer; a tap has one that never comes.
    private var pendingReads: [NodeID: Int] = [:]
    private var arena = BufferArena()

    /// - Parameters:
    ///   - needed: nodes that are compiled.
    ///   - outputs: those whose maps stay.
    init(_ graph: NetworkGraph, needed: [NodeID], outputs: Set<NodeID>) {
        for node in needed {
            for input in graph.nodes[node].inputs { pendingReads[input, default: 0] += 1 }
        }
        for output in outputs { pendingReads[output, default: 0] += 1 }
    }

    /// Bytes of all buffers that were made.
    var bytes: Int { arena.allocatedFloats * MemoryLayout<Float>.stride }

    mutating func take(_ floats: Int) -> FloatBuffer { arena.take(floats) }
    mutating func giveBack(_ buffer: FloatBuffer) { arena.giveBack(buffer) }

    /// One reader of `node` is done.
    /// - Returns: whether it was the last.
    mutating func finishRead(of node: NodeID) -> Bool {
        pendingReads[node, default: 0] -= 1
        return pendingReads[node] == 0
    }
}

/// Hands out buffers and takes them back when no later step reads them, so that a whole network runs in a few
/// megabytes.
struct BufferArena {
    private var free: [FloatBuffer] = []
    private(set) var allocatedFloats = 0

    mutating func take(_ count: Int) -> FloatBuffer {
        if let best = free.indices.filter({ free[$0].capacity >= count }).min(by: {
            free[$0].capacity < free[$1].capacity
        }),
            free[best].capacity <= 4 * count
        {
            return free.remove(at: best)
        }
        allocatedFloats += count
        return FloatBuffer(count)
    }

    mutating func giveBack(_ buffer: FloatBuffer) { free.append(buffer) }
}
