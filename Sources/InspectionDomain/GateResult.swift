/// A product that a frame was recognised as.
package struct RecognizedProduct: Codable, Sendable, Equatable {
    package var name: String
    /// The classifier's probability for it, 0…1.
    package var confidence: Double

    package init(name: String, confidence: Double) { (self.name, self.confidence) = (name, confidence) }
}

/// The verdict of a line's gate on a frame, before the line's detector searches for defects.
package struct GateResult: Codable, Sendable, Equatable {
    /// Whether the frame shows a product that the line expects. One that does not is not searched for defects: the
    /// result's own score, threshold and calibration are then the gate's.
    package var passed: Bool
    /// The product that the line expects; absent when any known product passes.
    package var expected: String?
    package var product: RecognizedProduct?
    package var imageScore, imageThreshold: Double
    /// `(1 + #{calibration scores ≥ score}) / (n + 1)`.
    package var pValue: Double
    package var model: ModelIdentity
    package var calibration: CalibrationIdentity

    package init(
        passed: Bool, expected: String?, product: RecognizedProduct?, imageScore: Double, imageThreshold: Double,
        pValue: Double, model: ModelIdentity, calibration: CalibrationIdentity
    ) {
        (self.passed, self.expected, self.product) = (passed, expected, product)
        (self.imageScore, self.imageThreshold, self.pValue) = (imageScore, imageThreshold, pValue)
        (self.model, self.calibration) = (model, calibration)
    }

    enum CodingKeys: String, CodingKey {
        case passed, expected, product, model, calibration
        case imageScore = "image_score"
        case imageThreshold = "image_threshold"
        case pValue = "p_value"
    }

    /// In words: why the frame did not pass.
    package var reason: String {
        let seen = product.map { "looks most like \($0.name), \(Int(($0.confidence * 100).rounded())) % sure" }
        let what = imageScore > imageThreshold ? "none of the known products" : "another product"
        return [expected.map { "\($0) expected" }, what, seen].compactMap(\.self).joined(separator: "; ")
    }
}
