import Imaging
import NeuralNets

/// The name of a detection method on the command line and in model files. Each method declares its own beside its model.
package struct DetectionMethod: RawRepresentable, Hashable, Sendable, Codable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }
}

/// A fitted model, ready to make detectors.
package protocol DetectorModel: Sendable {
    static var method: DetectionMethod { get }
    /// Reads what `encoded` wrote.
    /// - Parameter name: for error messages.
    /// - Throws: `ModelError`, `WeightError` for a file that does not hold what its metadata says.
    init(file: WeightFile, name: String) throws
    /// Name of its backbone, or of its own network.
    var backboneName: String { get }
    /// The backbone that fitting may have changed; nil for models that leave theirs as it was, or have none.
    var trainedBackbone: Backbone? { get }
    /// Network input, pixels.
    var inputWidth: Int { get }
    var inputHeight: Int { get }
    /// The image threshold that the method's theory gives; nil where it gives none.
    var theoreticalThreshold: Double? { get }
    /// - Parameter threads: how many cores one frame may use.
    func makeDetector(threads: Int) throws -> any Detector
    /// How far an image score may be off because another instruction set rounds differently. A wrong weight moves it far
    /// more: that is how a damaged model is noticed.
    func rounding(of score: Double) -> Double
    /// Parameters and settings for `ModelFile`, without those that every model shares.
    func encoded() throws -> ModelContents
    /// What the method measures on a data set besides the usual.
    /// - Throws: `FrameSource.Unreadable`, `WeightError`.
    func evaluationSections(_ dataset: Dataset, workers: Int, progress: WorkProgress?) throws -> ReportSections
}

extension DetectorModel {
    package var method: DetectionMethod { Self.method }
    package var trainedBackbone: Backbone? { nil }
    package var theoreticalThreshold: Double? { nil }
    /// Of scores that are distances of some units.
    package func rounding(of score: Double) -> Double { 2e-3 * max(1, abs(score)) }

    package func evaluationSections(_ dataset: Dataset, workers: Int, progress: WorkProgress?) throws -> ReportSections
    {
        ReportSections()
    }
}

/// A model that reconstructs images, and shows by that what it takes for normal.
package protocol ReconstructingModel: DetectorModel {
    /// The frames' reconstructions at the network's size, three channels of 8 bits.
    func reconstructions(of frames: [Frame]) throws -> [Frame]
}

/// A model that tells known products apart: the gate before a line's detector.
package protocol ProductGateModel: DetectorModel {
    /// Names of the known products.
    var products: [String] { get }
}
