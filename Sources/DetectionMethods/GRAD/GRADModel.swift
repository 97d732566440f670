import CKernels
import DetectionCore
import NeuralNets

extension DetectionMethod {
    /// Grid-based continuous normal representation (Lee et al., ECCV 2024).
    package static let grad = DetectionMethod(rawValue: "grad")
}

/// A fitted GRAD detector (Lee et al., arXiv 2402.18293): the backbone, the projection if its taps are wide, and the
/// learnt representation of normal features.
package struct GRADModel: DetectorModel {
    package static let method = DetectionMethod.grad
    package let backbone: Backbone
    package let inputWidth, inputHeight: Int
    package let taps: [String]
    package let network: GRADNetwork
    /// The network with its learnt parameters.
    package let graph: NetworkGraph
    /// The squares of `GRADOptions`; the wide one needs standardised distances.
    let map: DistanceMapper.Settings

    let fusion: GRADOptions.Fusion
    let projection: FeatureProjection?
    /// Statistics of flawless images' distances; nil for plain distances, as the authors'.
    var statistics: DistanceStatistics?
    /// Both kinds of evidence in the image score; nil for the map's own measures.
    var evidence: ResidualEvidence?
    /// The network's parameters by name, in the frameworks' layout.
    let parameters: [String: StoredTensor]

    package var backboneName: String { backbone.name }

    /// The constants of the refinement (the authors' code: `mse_coef`, `mse_lambda`, `cos_lambda`).
    static let refinement = ck_refinement(slope: 0.05, level: 0.3, angle: 0.7)

    /// The positions of distances in the input, and the squares that average them.
    func layout(rows: GridAxis, columns: GridAxis) -> DistanceMapper.Layout {
        DistanceMapper.Layout(
            rows: rows, columns: columns, channels: network.channels, inputWidth: inputWidth, inputHeight: inputHeight,
            settings: map)
    }

    init(
        backbone: Backbone, options: GRADOptions, taps: [String], network: GRADNetwork, projection: FeatureProjection?,
        parameters: [String: StoredTensor], statistics: DistanceStatistics? = nil
    ) throws {
        self.backbone = backbone
        self.statistics = statistics
        (inputWidth, inputHeight) = (options.inputWidth, options.inputHeight)
        self.taps = taps
        self.network = network
        fusion = options.fusion
        var map = options.map
        if options.standardization == .none { map.wide = 0 }
        self.map = map
        self.projection = projection
        self.parameters = parameters
        graph = try network.graph(StoredParameters(parameters, file: "the GRAD model"))
    }

    package func makeDetector(threads: Int, extractors: SharedExtractors) throws -> any Detector {
        try GRADDetector(model: self, threads: threads, extractors: extractors)
    }
}
