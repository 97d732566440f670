import AnomalyDetectors
import Foundation
import InspectionPipeline
import NeuralNets
import TestSupport

/// A really fitted model on tiny pictures; fitted once per test run.
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
            let pictures = try fitting.pictures(
                normal: [try TinyFrames.write(24, to: folder.appendingPathComponent("normal"))],
                calibration: [try TinyFrames.write(19, from: 500, to: folder.appendingPathComponent("calibration"))])
            return try fitting.fit(pictures)
        }
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
