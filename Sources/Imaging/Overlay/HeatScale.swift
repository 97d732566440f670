/// The fixed colour scale of overlays and map images: 0 … 2 × the pixel threshold, so that images compare and the
/// threshold is always the middle (green).
package struct HeatScale: Sendable, Equatable {
    /// Above it a pixel is anomalous.
    package let pixelThreshold: Float

    package init(pixelThreshold: Float) {
        self.pixelThreshold = pixelThreshold
    }

    /// The value at the scale's upper end.
    package var maximum: Float { 2 * pixelThreshold }

    /// Turns values into shares of the scale. A threshold that is not a positive number has no scale: any value above 0
    /// is its end.
    var factor: Float { maximum > 0 && maximum.isFinite ? 1 / maximum : .greatestFiniteMagnitude }

    /// Jet: dark blue at 0, green at the threshold (0.5), dark red at 1.
    package static func colour(at share: Double) -> Colour {
        func level(_ peak: Double) -> UInt8 {
            UInt8((min(max(1.5 - abs(4 * share - peak), 0), 1) * 255).rounded())
        }
        return Colour(level(3), level(2), level(1), opacity: opacity(at: share))
    }

    /// The opacity of the heat: zero up to half the threshold, a seventh at the threshold, so that a normal part
    /// remains visible.
    static func opacity(at share: Double) -> Double {
        let coldest = 0.25
        let warmth = (min(max(share, coldest), 1) - coldest) / (1 - coldest)
        return 0.72 * warmth * warmth.squareRoot()
    }

    /// Red, green, blue and coverage in 256 steps.
    static let table: [UInt8] = (0..<256).flatMap { step in
        let colour = colour(at: Double(step) / 255)
        return [colour.red, colour.green, colour.blue, UInt8((colour.opacity * 255).rounded())]
    }
}
