import CKernels
import Foundation

/// A frozen feature extractor: a network, its weights, and the normalisation of its images.
package struct Backbone: Sendable {
    /// Its name in models: `efficientnet_b0`, or the file it came from.
    package let name: String
    package let architecture: BackboneArchitecture
    package let dialect: WeightDialect
    package let normalization: Normalization
    package private(set) var metadata: [String: String]
    /// Measured offsets by level (`registered`); stored in a model's metadata.
    package private(set) var offsets: [String: MapOffset]
    var content: Content
    /// The weights as loaded, to be stored with a model.
    package var file: WeightFile { content.file }
    package var graph: NetworkGraph { content.graph }
    /// The embedded weights: training changes `file`, not these. Nil for a backbone from a file.
    package private(set) var origin: WeightFile?

    /// Names of the levels that can be tapped, in network order.
    package var tapNames: [String] { graph.tapNames }
    /// Levels whose pooled features the Gaussian detector sums.
    package var defaultLevels: [String] { architecture.defaultLevels.filter { graph.node(named: $0) != nil } }
    /// Levels of the Gaussian detector's map.
    package var defaultMapLevels: [String] {
        architecture.defaultMapLevels.filter { graph.node(named: $0) != nil }
    }
    /// Levels of the pixel map.
    package var defaultTaps: [String] { architecture.defaultTaps.filter { graph.node(named: $0) != nil } }

    /// - Throws: `WeightError`.
    package static func load(
        path: String, architecture: BackboneArchitecture? = nil, dialect: WeightDialect? = nil
    ) throws -> Backbone {
        try Backbone(
            file: WeightFile.load(path: path),
            name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent,
            architecture: architecture, dialect: dialect)
    }

    /// - Parameter data: a weight file's bytes; its content decides the container.
    package static func load(_ data: Data, name: String) throws -> Backbone {
        try Backbone(file: WeightFile.parse(data, name: name), name: name)
    }

    /// - Throws: `WeightError` if the weights are of no known network, or end before the levels that detectors use.
    package init(
        file: WeightFile, name: String, architecture: BackboneArchitecture? = nil, dialect: WeightDialect? = nil
    ) throws {
        let weights = try NamedWeights(file: file, name: name, architecture: architecture, dialect: dialect)
        self.name = name
        self.architecture = weights.architecture
        self.dialect = weights.dialect
        normalization = weights.normalization
        metadata = weights.metadata
        offsets = [:]
        if let text = metadata[MapOffset.key] {
            guard let offsets = MapOffset.decode(text) else {
                throw WeightError(.corrupt, "\(name): metadata \(MapOffset.key) is damaged: '\(text)'")
            }
            self.offsets = offsets
        }
        content = try Content.shared(weights)
        let graph = content.graph
        if let tap = weights.architecture.defaultTaps.first(where: { graph.node(named: $0) == nil }) {
            let missing = graph.firstMissing.map(weights.fileName(of:)) ?? tap
            throw WeightError(
                .mismatch,
                "\(name): \(missing): expected for level \(tap) of \(weights.architecture.rawValue), "
                    + "the file does not have it")
        }
    }

    /// The node of a level.
    /// - Throws: `WeightError` if the backbone has no such level.
    package func node(of level: String) throws -> NetworkGraph.NodeID {
        guard let node = graph.node(named: level) else {
            throw WeightError(
                .mismatch, "backbone \(name) has no level \(level); it has \(tapNames.joined(separator: ", "))")
        }
        return node
    }

    /// The same backbone, marked as embedded.
    package func builtIn() -> Backbone {
        var copy = self
        copy.origin = file
        return copy
    }

    func with(offsets: [String: MapOffset]) -> Backbone {
        var copy = self
        copy.offsets = offsets
        copy.metadata[MapOffset.key] = offsets.isEmpty ? nil : MapOffset.encode(offsets)
        return copy
    }
}
