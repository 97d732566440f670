import DetectionCore
import Imaging

/// The common properties of the images that a model was fitted on, against which later frames are compared:
/// `fitted_images` of `model.json`, absent in models of older programs.
package struct FittedImages: Codable, Sendable, Equatable {
    /// `auto`, `12bit`, …: as configured.
    package var intensitySetting: String
    /// The range from which every frame is stretched.
    package var intensity: IntensityRange
    /// Bits per sample of the files: 8, 16 or both.
    package var bitDepths: [Int]
    /// Width and height, the most frequent first; at most `mostSizes`.
    package var sizes: [[Int]]
    /// The smallest and the largest value; of `aspects`, of width ÷ height.
    package var widths, heights: [Int]
    package var aspects: [Double]
    /// Whether every size is listed.
    package var listsAllSizes: Bool

    /// With more sizes than this, the images are treated as cut-outs, whose sizes mean little.
    static let mostSizes = 8

    enum CodingKeys: String, CodingKey {
        case intensity
        case bitDepths = "bit_depths"
        case sizes, widths, heights, aspects
        case intensitySetting = "intensity_setting"
        case listsAllSizes = "lists_all_sizes"
    }

    /// - Precondition: there are images.
    package init(_ profiles: [ImageProfile], intensity: IntensityRange, setting: IntensitySetting) {
        precondition(!profiles.isEmpty)
        self.intensity = intensity
        intensitySetting = setting.text
        bitDepths = Set(profiles.map(\.bitDepth)).sorted()
        let entries = ImageSizes.entries(profiles.map { ($0.width, $0.height) })
        sizes = entries.prefix(Self.mostSizes).map { [$0.width, $0.height] }
        listsAllSizes = entries.count <= Self.mostSizes
        func ends<Value: Comparable>(_ values: [Value]) -> [Value] { [values.min(), values.max()].compactMap(\.self) }
        widths = ends(entries.map(\.width))
        heights = ends(entries.map(\.height))
        aspects = ends(entries.map { Double($0.width) / Double($0.height) })
    }

    /// The size that a frame should have had; nil when it has a usual one.
    package func expectedSize(width: Int, height: Int) -> [Int]? {
        guard let usual = sizes.first, widths.count == 2, heights.count == 2, aspects.count == 2 else { return nil }
        if listsAllSizes { return sizes.contains([width, height]) ? nil : usual }
        let aspect = Double(width) / Double(height)
        func isUsual(_ value: Double, _ ends: [Double], _ tolerance: Double) -> Bool {
            ends[0] / tolerance <= value && value <= ends[1] * tolerance
        }
        let fits =
            isUsual(Double(width), widths.map(Double.init), 1.1)
            && isUsual(Double(height), heights.map(Double.init), 1.1)
            && isUsual(aspect, aspects, 1.05)
        return fits ? nil : usual
    }

    /// A way in which a frame is unlike the images fitted on.
    enum Difference: String, Sendable, Hashable {
        case size, depth, intensity
    }

    /// A result's remarks on a frame as it was decoded.
    func remarks(on frame: Frame) -> [(kind: Difference, text: String)] {
        var remarks: [(kind: Difference, text: String)] = []
        if let usual = expectedSize(width: frame.width, height: frame.height) {
            remarks.append(
                (
                    .size,
                    "the frame is \(frame.width)×\(frame.height), the model was fitted on \(usual[0])×\(usual[1]): scores may "
                        + "not compare; restore the camera's settings, or fit again"
                ))
        }
        if !bitDepths.contains(frame.bitDepth) {
            remarks.append(
                (
                    .depth,
                    "the frame has \(frame.bitDepth) bits per sample, the model was fitted on \(intensity.bitDepth): its values "
                        + "are used unchanged; restore the camera's pixel format, or fit again"
                ))
        } else if frame.bitDepth == intensity.bitDepth, !intensity.isWhole {
            let (low, high) = frame.extremes
            if low < intensity.low || high > intensity.high {
                remarks.append(
                    (
                        .intensity,
                        "the frame has values from \(low) to \(high), outside the range \(intensity.text) of the model: they "
                            + "are clamped to it; check exposure and pixel format, or fit again"
                    ))
            }
        }
        return remarks
    }
}
