import DetectionCore
import Foundation
import InspectionPipeline

/// A fitted and calibrated model: what `inspectctl fit --output` writes and `Fitting` makes.
public struct Model: Sendable {
    let loaded: LoadedModel
    private let data: Data

    /// - Throws: `InspectionKitError` for a file that is no model, is damaged, or scores its self-test frame differently.
    public init(contentsOf url: URL) throws {
        do {
            try self.init(data: try Data(contentsOf: url))
        } catch let error as InspectionKitError {
            throw InspectionKitError("\(url.path): \(error)")
        } catch {
            throw InspectionKitError("cannot read \(url.path): \(error.localizedDescription)")
        }
    }

    init(data: Data) throws {
        self.data = data
        loaded = try InspectionKitError.wrapping { try ModelBundle.load(data, named: "the model") }
    }

    /// Writes the model for `init(contentsOf:)`, `inspectctl inspect --model` and `inspectctl model import`.
    public func write(to url: URL) throws {
        do {
            try data.write(to: url, options: .atomic)
        } catch {
            throw InspectionKitError("cannot write \(url.path): \(error.localizedDescription)")
        }
    }

    /// The method's name: `gaussian`, `grad`, …
    public var method: String { loaded.record.method }
    /// The name of the feature extractor.
    public var backbone: String { loaded.record.backbone }
    /// Scores above it are anomalous.
    public var threshold: Double { loaded.stored.calibration.imageThreshold }
    /// Images that the threshold was calibrated on.
    public var calibrationImages: Int { loaded.stored.calibration.n }
    /// The promise of the thresholds, in words.
    public var promise: String { loaded.stored.calibration.promise }
}
