import DetectionCore
import Foundation
import InspectionPipeline
import NeuralNets
import SampleFrames

/// The model and frames of a benchmark: the default model, fitted on drawn plates, and larger frames of other plates.
enum BenchmarkModel {
    static let name = "plate"
    static let rule = CalibrationRule(rate: 0.1, confidence: nil)

    /// Fits and stores the model as `plate`, with images below `folder`.
    static func fit(into store: ModelStore, pictures folder: URL, workers: Int) throws {
        let data = SampleDataset(product: .plate, train: 16, validation: 9, testGood: 0, perDefect: 0)
        try data.write(to: folder)
        let fitting = ModelFitting(backbone: try Backbone.embedded(), rule: rule, workers: workers)
        let pictures = try fitting.pictures(
            normal: [folder.path + "/train"], calibration: [folder.path + "/validation"])
        _ = try fitting.store(try fitting.fit(pictures), as: name, sources: [], overridesLine: false, in: store)
    }

    /// 1024 × 768 JPEGs of flawless plates.
    static func frames() throws -> [Data] {
        let size = SampleFrames.Size(width: 1024, height: 768)
        return try (0..<8).map {
            try SampleFrames.flawless(.plate, index: 1000 + $0, size: size).encodedJPEG(quality: 90)
        }
    }

    static func makeFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "inspectd-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
