import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import InspectionPipeline
import NeuralNets
import Testing

/// What the regions show agrees with the verdict.
@Suite struct VerdictAndRegionsTests {
    /// Thresholds: score 1, map 4.
    private static func examine(
        score: Double, map values: [Float], isWholeImage: Bool = false
    ) throws -> Inspection {
        let model = StubModel(score: score, values: values, isWholeImage: isWholeImage)
        let rule = CalibrationRule(rate: 0.5, confidence: nil)
        let calibration = try Calibration(
            modelName: "stub", modelVersion: 1, source: "none", scores: [(image: 1, mapMaximum: 4)], rule: rule)
        let record = ModelRecord(
            name: "stub", method: "stub", backbone: "none", createdAt: Date(timeIntervalSince1970: 0), inputWidth: 4,
            inputHeight: 4, sources: [], images: 1, seed: 0)
        let loaded = LoadedModel(
            record: record, model: model, stored: StoredCalibration(calibration, overridesLine: true), stamp: nil)
        let serving = try ServingModel(loaded, rule: rule)
        let frame = Frame(width: 16, height: 16, channels: 1, samples: .eight([UInt8](repeating: 90, count: 256)))
        return try FrameExaminer(threads: 1, limits: .default).examine(frame, with: serving)
            .inspection(
                resultID: "1", line: "line", image: ImageInfo(path: "a.png"),
                createdAt: Date(timeIntervalSince1970: 0))
    }

    private static let flat = [Float](repeating: 1, count: 16)
    private static func spot(_ value: Float) -> [Float] {
        var values = flat
        values[5] = value
        return values
    }

    @Test func a_normal_frame_shows_no_region_however_hot_its_map() throws {
        let inspection = try Self.examine(score: 0.9, map: Self.spot(9))
        #expect(inspection.verdict == .normal && inspection.regions.isEmpty && inspection.isWholeImage == nil)
    }

    @Test func an_anomalous_frame_shows_the_regions_above_the_pixel_threshold() throws {
        let inspection = try Self.examine(score: 2, map: Self.spot(9), isWholeImage: true)
        #expect(inspection.verdict == .anomalous && inspection.regions.count == 1 && inspection.isWholeImage == nil)
    }

    @Test func an_anomalous_frame_below_the_pixel_threshold_shows_its_strongest_evidence() throws {
        let inspection = try Self.examine(score: 2, map: Self.spot(3))
        let region = try #require(inspection.regions.first)
        #expect(inspection.regions.count == 1 && inspection.isWholeImage == nil)
        // The spot is cell (1, 1) of 4 × 4: around pixel 5.5 of 16.
        #expect(abs(region.centroid[0] - 5.5) < 1 && abs(region.centroid[1] - 5.5) < 1, "\(region)")
        #expect(region.area < 40)
    }

    @Test func an_image_that_is_unusual_as_a_whole_says_so() throws {
        for values in [Self.flat, Self.spot(3)] {
            let inspection = try Self.examine(score: 2, map: values, isWholeImage: true)
            #expect(inspection.verdict == .anomalous && inspection.regions.isEmpty)
            #expect(inspection.isWholeImage == true)
        }
    }
}

/// A model whose detector always finds the same.
private struct StubModel: DetectorModel {
    static let method = DetectionMethod(rawValue: "stub")
    let score: Double
    let values: [Float]
    let isWholeImage: Bool
    var backboneName: String { "none" }
    var inputWidth: Int { 4 }
    var inputHeight: Int { 4 }

    init(score: Double, values: [Float], isWholeImage: Bool) {
        (self.score, self.values, self.isWholeImage) = (score, values, isWholeImage)
    }

    init(file: WeightFile, name: String) throws { throw ModelError("a stub is not stored") }
    func encoded() throws -> ModelContents { throw ModelError("a stub is not stored") }
    func makeDetector(threads: Int, extractors: SharedExtractors) throws -> any Detector { StubDetector(model: self) }
}

private final class StubDetector: Detector {
    private let model: StubModel
    init(model: StubModel) { self.model = model }

    func detect(_ frame: Frame) throws -> Detection {
        var detection = Detection(
            imageScore: model.score, map: AnomalyMap(width: 4, height: 4, values: model.values), preprocess: 0,
            backbone: 0, detect: 0)
        detection.isWholeImage = model.isWholeImage
        return detection
    }
}
