import Synchronization

extension Backbone {
    /// Weights and network. Backbones with the same weights share one in the whole process, however many models carry
    /// them.
    final class Content: Sendable {
        let file: WeightFile
        let graph: NetworkGraph

        init(file: WeightFile, graph: NetworkGraph) { (self.file, self.graph) = (file, graph) }

        private struct Reference {
            weak var content: Content?
            let architecture: BackboneArchitecture
            let dialect: WeightDialect
        }

        private static let living = Mutex<[Reference]>([])

        /// The living content with these weights, else a new one.
        /// - Throws: `WeightError` for weights of another network.
        static func shared(_ weights: NamedWeights) throws -> Content {
            let alike = living.withLock { all in
                all.filter { ($0.architecture, $0.dialect) == (weights.architecture, weights.dialect) }
                    .compactMap(\.content)
            }
            if let known = alike.first(where: { $0.file == weights.file }) { return known }
            let made = Content(file: weights.file, graph: try weights.architecture.graph(weights))
            let reference = Reference(content: made, architecture: weights.architecture, dialect: weights.dialect)
            // Another thread may have made the same meanwhile; then both live as long as their models.
            living.withLock { $0 = $0.filter { $0.content != nil } + [reference] }
            return made
        }
    }
}

/// The feature extractors of one worker: models on the same backbone run their frames through one network, one after
/// another. Not thread-safe.
package final class SharedExtractors {
    private struct Key: Hashable {
        let content: ObjectIdentifier
        let metadata: [String: String]
        let inputHeight, inputWidth, threads: Int
        let taps: [String]
    }

    private struct Reference {
        weak var extractor: FeatureExtractor?
    }

    private var living: [Key: Reference] = [:]

    package init() {}

    /// An extractor whose maps are valid until any other user of it runs it.
    /// - Throws: `WeightError` for an unknown tap, `ThreadError`.
    package func extractor(
        backbone: Backbone, inputHeight: Int, inputWidth: Int, taps: [String], threads: Int
    ) throws -> FeatureExtractor {
        let key = Key(
            content: ObjectIdentifier(backbone.content), metadata: backbone.metadata, inputHeight: inputHeight,
            inputWidth: inputWidth, threads: threads, taps: taps)
        if let known = living[key]?.extractor { return known }
        let made = try FeatureExtractor(
            backbone: backbone, inputHeight: inputHeight, inputWidth: inputWidth, taps: taps, threads: threads)
        living = living.filter { $0.value.extractor != nil }
        living[key] = Reference(extractor: made)
        return made
    }
}
