import NeuralNets
import TensorCore

/// One of the golden files of GRAD: its network, as the file's own tensors describe it.
package struct GRADFixture: Sendable {
    package static let names = ["grad", "crad_small"]

    package let golden: GoldenFile
    package let network: GRADNetwork
    /// Channels last.
    package let input: Tensor

    package init(_ name: String) throws {
        golden = try GoldenFile(name)
        input = try golden.tensor("input").channelsLast()
        let prefix = "weights."
        let blocks = Set(
            golden.names.filter { $0.hasPrefix(prefix + "layer.") }.map { name in
                name.split(separator: ".").dropFirst(2).prefix { Int($0) != nil }.joined(separator: ".")
            })
        let expansion =
            golden.has(prefix + "layer.0.conv.0.weight")
            ? try golden.shape(prefix + "layer.0.conv.0.weight")[0] : nil
        var network = GRADNetwork(
            channels: input.shape[3], height: input.shape[1], width: input.shape[2],
            fusion: expansion.map { .bottlenecks(blocks: blocks.count, expansion: $0) }
                ?? .residual(blocks: blocks.count))
        network.localResolution = try golden.shape(prefix + "query.0")[2]
        network.globalResolution = try golden.shape(prefix + "query.1")[2]
        self.network = network
    }

    /// The file's tensors under a prefix, without it.
    package func tensors(_ prefix: String) throws -> [String: StoredTensor] { try golden.tensors(under: prefix) }

    package func graph() throws -> NetworkGraph {
        try network.graph(StoredParameters(try tensors("weights."), file: "golden"))
    }
}
