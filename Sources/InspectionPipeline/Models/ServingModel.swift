import DetectionCore

/// A model, and the calibration that decides with it: its thresholds are those of the line's rule.
package struct DecidingModel: Sendable {
    package let model: LoadedModel
    package let calibration: Calibration

    /// - Throws: `CalibrationRule.TooFewImages` when the calibration's scores are too few for the rule.
    package init(_ model: LoadedModel, rule: CalibrationRule) throws {
        self.model = model
        calibration = try model.stored.deciding(for: rule)
    }
}

/// The model and gate that inspect a line's frames, resolved once under the line's rule.
package struct ServingModel: Sendable {
    /// The gate before a line's detector.
    package struct Gate: Sendable {
        package let model: DecidingModel
        /// The product that it must recognise; nil for any that it knows.
        package let expected: String?

        package init(_ model: DecidingModel, expected: String?) { (self.model, self.expected) = (model, expected) }
    }

    package let detector: DecidingModel
    package let gate: Gate?

    /// - Throws: `CalibrationRule.TooFewImages`.
    package init(_ model: LoadedModel, rule: CalibrationRule) throws {
        (detector, gate) = (try DecidingModel(model, rule: rule), nil)
    }

    /// - Throws: `CalibrationRule.TooFewImages`.
    init(_ model: LoadedModel, gate: LoadedModel?, for line: Configuration.Line) throws {
        detector = try DecidingModel(model, rule: line.rule)
        self.gate = try gate.map { Gate(try DecidingModel($0, rule: line.rule), expected: line.product) }
    }

    /// Whether these are its models, in the states that they were resolved in.
    func isOf(_ model: LoadedModel, gate: LoadedModel?) -> Bool {
        detector.model.isSameState(as: model)
            && (gate.map { self.gate?.model.model.isSameState(as: $0) == true } ?? (self.gate == nil))
    }
}
