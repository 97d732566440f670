import DetectionCore
import DetectionMethods
import Foundation
import InspectionPipeline
import NeuralNets
import TestSupport

/// A model that is really fitted on tiny images, once per test run.
enum TinyModel {
    static let rule = CalibrationRule(rate: 0.1, confidence: nil)

    static func fitting() throws -> ModelFitting {
        var options = GaussianOptions()
        options.inputWidth = 64
        options.inputHeight = 64
        return ModelFitting(backbone: try Backbone.embedded(), method: options, rule: rule, workers: 2)
    }

    private static let shared = Result {
        try withTemporaryFolder { folder in
            let fitting = try fitting()
            return try fitting.fit(try pictures(for: fitting, in: folder))
        }
    }

    /// 24 frames to fit on and 19 to calibrate on. Each counts, although two frames may have equal stripes.
    static func pictures(for fitting: ModelFitting, in folder: URL) throws -> ModelFitting.Pictures {
        var fitting = fitting
        fitting.onlyRemarks = true
        let normal = try TinyFrames.write(24, to: folder.appendingPathComponent("normal"))
        let held = try TinyFrames.write(19, from: 500, to: folder.appendingPathComponent("calibration"))
        return try fitting.pictures(
            fitting: try FrameSource(folders: [normal]), calibration: try FrameSource(folders: [held]), source: held)
    }

    static func fitted() throws -> ModelFitting.Fitted { try shared.get() }

    /// Stores the model under a name.
    @discardableResult
    static func store(_ name: String, in store: ModelStore, overridesLine: Bool = false) throws -> ModelRecord {
        try fitting().store(
            try fitted(), as: name, sources: ["normal"], overridesLine: overridesLine, in: store
        ).0
    }
}
