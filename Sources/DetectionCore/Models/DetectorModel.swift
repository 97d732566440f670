import Imaging
import NeuralNets

/// The name of a detection method on the command line and in model files. Each method declares its own beside its
/// model.
package struct DetectionMethod: RawRepresentable, Hashable, Sendable, Codable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }
}

/// A fitted model, ready to make detectors.
package protocol DetectorModel: Sendable {
    static var method: DetectionMethod { get }
    /// Reads the output of `encoded`.
    /// - Parameter name: for error messages.
    /// - Throws: `ModelError`, `WeightError` for a file that contradicts its metadata.
    init(file: WeightFile, name: String) throws
    /// Name of its backbone, or of its own network.
    var backboneName: String { get }
    /// The backbone that fitting may have changed; nil for models with an unchanged backbone or none.
    var trainedBackbone: Backbone? { get }
    /// Network input, pixels.
    var inputWidth: Int { get }
    var inputHeight: Int { get }
    /// The image threshold that the method's theory gives; nil for none.
    var theoreticalThreshold: Double? { get }
    /// - Parameters:
    ///   - threads: the number of cores that one frame may use.
    ///   - extractors: those of the worker that the detector is for; its detectors take turns.
    func makeDetector(threads: Int, extractors: SharedExtractors) throws -> any Detector
    /// The tolerance of an image score, because other instruction sets round differently. A wrong weight moves the
    /// score far more: this detects a damaged model.
    func rounding(of score: Double) -> Double
    /// Parameters and settings for `ModelFile`, without those that every model shares.
    func encoded() throws -> ModelContents
    /// The method's own measures on a data set.
    /// - Throws: `FrameSource.Unreadable`, `WeightError`.
    func evaluationSections(_ dataset: Dataset, workers: Int, progress: WorkProgress?) throws -> ReportSections
}

extension DetectorModel {
    package var method: DetectionMethod { Self.method }
    package var trainedBackbone: Backbone? { nil }

    /// A detector that shares nothing.
    package func makeDetector(threads: Int) throws -> any Detector {
        try makeDetector(threads: threads, extractors: SharedExtractors())
    }

    package var theoreticalThreshold: Double? { nil }
    /// The tolerance of scores that are distances of some units.
    package func rounding(of score: Double) -> Double { 2e-3 * max(1, abs(score)) }

    package func evaluationSections(_ dataset: Dataset, workers: Int, progress: WorkProgress?) throws -> ReportSections
    {
        ReportSections()
    }
}

/// A model that reconstructs images and thereby shows what is normal to it.
package protocol ReconstructingModel: DetectorModel {
    /// The frames' reconstructions at the network's size, three channels of 8 bits.
    func reconstructions(of frames: [Frame]) throws -> [Frame]
}

/// A model that recognises known products: the product gate before a line's detector.
package protocol ProductGateModel: DetectorModel {
    /// Names of the known products.
    var products: [String] { get }
}
