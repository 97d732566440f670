/// A layer that an inference plan can be compiled of (`Layer` tells how to add one).
package protocol PlannedLayer: Layer {
    /// Its role for the layer before it.
    var fusion: FusionRole { get }

    /// Writes the steps of node `id`, which is of this layer: reads its inputs' values, makes its own (or that of the
    /// last node that it takes over), appends steps, and releases what it has read.
    func compile(_ id: NetworkGraph.NodeID, into plan: inout PlanCompiler)
}

extension PlannedLayer {
    package var fusion: FusionRole { .none }
}
