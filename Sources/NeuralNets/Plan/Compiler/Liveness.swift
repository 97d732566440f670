/// The lifetime of each node's map: maps that are not needed at the same time share buffers.
struct Liveness {
    typealias NodeID = NetworkGraph.NodeID

    /// Pending reads of a node's buffer; a tap has one that never comes.
    private var pendingReads: [NodeID: Int] = [:]
    private var arena = BufferArena()

    /// - Parameters:
    ///   - needed: nodes that are compiled.
    ///   - outputs: nodes whose maps stay.
    init(_ graph: NetworkGraph, needed: [NodeID], outputs: Set<NodeID>) {
        for node in needed {
            for input in graph.nodes[node].inputs { pendingReads[input, default: 0] += 1 }
        }
        for output in outputs { pendingReads[output, default: 0] += 1 }
    }

    /// Bytes of all buffers.
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

/// Allocates buffers and reuses them when no later step reads them, so that a whole network runs in a few megabytes.
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
