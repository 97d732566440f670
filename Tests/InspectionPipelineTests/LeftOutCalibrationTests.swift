import DetectionCore
import DetectionMethods
import Foundation
import ImageFolders
import InspectionPipeline
import NeuralNets
import TestSupport
import Testing

/// Without calibration images, each image calibrates under a model that does not know its part.
@Suite struct LeftOutCalibrationTests {
    private static func patchCore(_ folds: CalibrationFolds = .automatic) throws -> ModelFitting {
        var options = PatchCoreOptions()
        (options.inputWidth, options.inputHeight) = (64, 64)
        (options.memory, options.candidates) = (20, 200)
        return fitting(options, try Backbone.embedded(), folds)
    }

    private static func fitting(
        _ method: any FittableMethod, _ backbone: Backbone, _ folds: CalibrationFolds
    ) -> ModelFitting {
        var fitting = ModelFitting(
            backbone: backbone, method: method, rule: CalibrationRule(rate: 0.2, confidence: nil), workers: 2)
        fitting.folds = folds
        fitting.data.keepsOutliers = true
        return fitting
    }

    /// One image of each of `count` parts.
    private static func frames(_ count: Int, in folder: URL) throws -> FrameSource {
        var drawn = DrawnParts(seed: 5)
        drawn.texture = 14
        try write((0..<count).flatMap { _ in drawn.part(exposures: 1) }, to: folder)
        return try FrameSource(folders: [folder.path])
    }

    @Test func each_image_has_the_score_of_a_model_fitted_without_it() throws {
        try withTemporaryFolder { folder in
            let all = try Self.frames(8, in: folder), fitting = try Self.patchCore(.count(8))
            let fitted = try fitting.fit(try fitting.pictures(of: all, source: "drawn"))
            try #require(fitted.pictures.areLeftOut && fitted.scores.count == 8)
            for index in all.files.indices {
                let rest = all.subset(all.files.indices.filter { $0 != index })
                let model = try fitting.method.fit(rest, backbone: fitting.backbone, work: FittingWork(workers: 1))
                    .model
                let alone = try FrameScorer.score(all.subset([index]), model: model, workers: 1)[0]
                #expect(fitted.scores[index].path == alone.path)
                #expect(abs(fitted.scores[index].imageScore - alone.imageScore) < 1e-4 * alone.imageScore)
                #expect(abs(fitted.scores[index].mapMaximum - alone.mapMaximum) < 1e-4 * alone.mapMaximum)
            }
            let known = try FrameScorer.score(all, model: fitted.file.model, workers: 1).map(\.imageScore)
            #expect(zip(fitted.scores, known).contains { abs($0.imageScore - $1) > 0.01 * $1 }, "known images")
        }
    }

    @Test func fits_of_seconds_calibrate_on_all_images_by_themselves() throws {
        try withTemporaryFolder { folder in
            let all = try Self.frames(12, in: folder), fitting = try Self.patchCore()
            let pictures = try fitting.pictures(of: all, source: "drawn")
            #expect(pictures.areLeftOut && pictures.fitting.count == 12 && pictures.calibration.count == 12)
            let fitted = try fitting.fit(pictures)
            let calibration = try fitting.calibration(fitted, name: "a", version: 1, at: Date())
            #expect(calibration.n == 12 && calibration.promise.contains("proven for images of any kind: at most 40 %"))
            for held in [try Self.patchCore(.none), Self.confident(fitting)] {
                let other = try held.pictures(of: all, source: "drawn")
                #expect(!other.areLeftOut && Set(other.fitting.files).isDisjoint(with: other.calibration.files))
            }
        }
    }

    private static func confident(_ fitting: ModelFitting) -> ModelFitting {
        var fitting = fitting
        fitting.rule = CalibrationRule(rate: 0.45, confidence: 0.6)
        return fitting
    }

    @Test func closed_form_scores_are_close_to_those_of_refits() throws {
        try withTemporaryFolder { folder in
            var options = GaussianOptions()
            (options.inputWidth, options.inputHeight) = (64, 64)
            options.evidence = .pooled
            let all = try Self.frames(40, in: folder), backbone = try Backbone.embedded()
            func scores(_ folds: CalibrationFolds) throws -> [Double] {
                let fitting = Self.fitting(options, backbone, folds)
                return try fitting.fit(try fitting.pictures(of: all, source: "drawn")).scores.map(\.imageScore)
            }
            let closed = try scores(.automatic), refitted = try scores(.count(40))
            for (a, b) in zip(closed, refitted) { #expect(abs(a - b) < 0.1 * b, "\(a), \(b)") }
        }
    }
}
