import CKernels

/// Derives the steps of an `InferencePlan` from a network: each layer writes its own (`PlannedLayer.compile`) through
/// the calls below. `Fusion` decides which layers have none, `Liveness` which maps share a buffer.
package struct PlanCompiler {
    typealias NodeID = NetworkGraph.NodeID

    /// Threads that will run the steps.
    let members: Int
    /// Zeros for as many channels as any map has, behind the padding of a convolution.
    let zeros: FloatBuffer
    private(set) var steps: [any PlanStep] = []
    private(set) var values: [NodeID: PlanValue] = [:]

    private let graph: NetworkGraph
    private let layers: [(id: NodeID, layer: any PlannedLayer)]
    private let grids: [MapGrid]
    private var fusion: Fusion
    private var liveness: Liveness
    private var producers: [NodeID: any PlanStep] = [:]
    private var unfinished: [NodeID: UnfinishedStrips] = [:]

    init(graph: NetworkGraph, height: Int, width: Int, outputs: [NodeID], members: Int) {
        let needed = graph.nodesNeeded(for: outputs), taps = Set(outputs)
        layers = needed.map { id in
            let layer = graph.nodes[id].layer
            guard let layer = layer as? any PlannedLayer else { preconditionFailure("\(layer) cannot be compiled") }
            return (id, layer)
        }
        (self.graph, self.members) = (graph, members)
        grids = graph.grids(height: height, width: width)
        zeros = FloatBuffer(graph.nodes.map(\.channels).max() ?? 1)
        let roles = layers.map { ($0.id, $0.layer.fusion) }
        fusion = Fusion(graph, roles: Dictionary(uniqueKeysWithValues: roles), outputs: taps)
        liveness = Liveness(graph, needed: needed, outputs: taps)
    }

    /// Bytes of feature maps that the steps use.
    var bufferBytes: Int { liveness.bytes }

    mutating func compile() {
        for (id, layer) in layers where !fusion.isAbsorbed(id) { layer.compile(id, into: &self) }
    }

    // MARK: Questions of a layer

    func inputs(of node: NodeID) -> [NodeID] { graph.nodes[node].inputs }
    func channels(of node: NodeID) -> Int { graph.nodes[node].channels }

    /// The map of a node before.
    func value(of node: NodeID) -> PlanValue {
        guard let value = values[node] else { preconditionFailure("node \(node) is read before it is computed") }
        return value
    }

    /// The step that writes a node's map, or the last of several.
    func step(computing node: NodeID) -> (any PlanStep)? { producers[node] }

    // MARK: Output of a layer

    /// Adds a step that writes `node`'s map, or a part of it.
    mutating func append(_ step: any PlanStep, for node: NodeID) {
        steps.append(step)
        producers[node] = step
    }

    /// Adds a step that prepares something for the next one.
    mutating func append(preparing step: any PlanStep) { steps.append(step) }

    /// A buffer for the node's map.
    mutating func makeValue(_ node: NodeID) -> PlanValue {
        let (rows, columns) = grids[node], channels = graph.nodes[node].channels
        let value = PlanValue(
            buffer: liveness.take(rows.count * columns.count * channels), rows: rows, columns: columns,
            channels: channels)
        values[node] = value
        return value
    }

    /// The node's shape without a map, for a node whose values only pass through a strip.
    mutating func makeStripValue(_ node: NodeID) -> PlanValue {
        let (rows, columns) = grids[node]
        let value = PlanValue(buffer: FloatBuffer(0), rows: rows, columns: columns, channels: channels(of: node))
        values[node] = value
        return value
    }

    /// The node's map as another shape over the memory of `source`; its last read is never counted, so the memory goes
    /// back once.
    mutating func makeView(_ node: NodeID, of source: NodeID) {
        let (rows, columns) = grids[node]
        values[node] = PlanValue(
            buffer: value(of: source).buffer, rows: rows, columns: columns, channels: graph.nodes[node].channels)
    }

    /// One reader of `node` is done; the last one frees its buffer for later steps.
    mutating func release(_ node: NodeID) {
        if liveness.finishRead(of: node), let value = values[node] { liveness.giveBack(value.buffer) }
    }

    /// Buffers that are in use while `body` appends steps, and free for later ones.
    mutating func withScratch(_ counts: [Int], _ body: (inout PlanCompiler, [FloatBuffer]) -> Void) {
        let buffers = counts.map { liveness.take($0) }
        body(&self, buffers)
        for buffer in buffers { liveness.giveBack(buffer) }
    }

    // MARK: Fusion

    /// The layers behind convolution `id` that its step takes over.
    mutating func takeTail(of id: NodeID, bias: [Float]?, allowsResidual: Bool) -> FusedTail {
        let computed = Set(values.keys)
        return fusion.takeTail(of: id, bias: bias, allowsResidual: allowsResidual) { computed.contains($0) }
    }

    /// The activation that alone reads node `id`, taken over by its step; else none.
    mutating func takeFunction(behind id: NodeID) -> (activation: ck_function, last: NodeID) {
        fusion.takeFunction(behind: id)
    }

    /// Leaves a gate of `map`'s channels at node `id` to the 1×1 convolution that alone reads it.
    /// - Returns: whether there is one.
    mutating func leaveGate(_ gate: NodeID, of map: NodeID, at id: NodeID) -> Bool {
        fusion.leave(DeferredGate(map: map, gate: gate), at: id)
    }

    /// The gate that was left at the node that a convolution reads.
    mutating func takeGate(before source: NodeID) -> DeferredGate? { fusion.takeGate(at: source) }

    // MARK: Strips

    /// Whether node `id`, read by a depthwise convolution alone, need have no map.
    func leavesToDepthwise(_ id: NodeID) -> Bool { fusion.isReadByDepthwise(id) && isWorthStrips(id) }

    /// Whether node `id`, read by a pointwise convolution alone, need have no map.
    func leavesToPointwise(_ id: NodeID) -> Bool { fusion.isReadByPointwise(id) && isWorthStrips(id) }

    /// Leaves what computes node `id` to the layer that alone reads it.
    mutating func leave(_ strips: UnfinishedStrips, at id: NodeID) { unfinished[id] = strips }

    /// The unfinished steps that the layer before left at `source`.
    mutating func takeUnfinished(before source: NodeID) -> UnfinishedStrips? { unfinished.removeValue(forKey: source) }

    /// Whether the map would leave the cores' nearest caches.
    private func isWorthStrips(_ id: NodeID) -> Bool {
        let (rows, columns) = grids[id]
        return rows.count * columns.count * channels(of: id) / members >= StripSize.worthwhile
    }
}
