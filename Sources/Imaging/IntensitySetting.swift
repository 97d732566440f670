/// The source of the range of intensities in a fit: the line's `intensity:`, or `--intensity`.
package enum IntensitySetting: Sendable, Equatable {
    /// Measured: the fewest of 8, 10, 12, 14 and 16 bits that hold every value of the images.
    case auto
    /// The values of this many bits, from 0.
    case bits(Int)
    /// These raw values.
    case range(Int, Int)

    package static let allowed = "auto, 8bit to 16bit, or [LOW, HIGH] with 0 ≤ LOW < HIGH ≤ 65535"

    /// - Parameter text: `auto`, `12bit`, `LOW-HIGH` or `[LOW, HIGH]`.
    package init?(_ text: String) {
        let text = text.filter { $0 != " " }
        if text == "auto" {
            self = .auto
        } else if text.hasSuffix("bit"), let bits = Int(text.dropLast(3)), (8...16).contains(bits) {
            self = .bits(bits)
        } else {
            let inner = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
            let parts = inner.split(separator: inner.contains(",") ? "," : "-", omittingEmptySubsequences: false)
            guard parts.count == 2, let low = Int(parts[0]), let high = Int(parts[1]) else { return nil }
            self.init(low: low, high: high)
        }
    }

    /// Nil for numbers that are not a range.
    package init?(low: Int, high: Int) {
        guard 0 <= low, low < high, high <= 65535 else { return nil }
        self = .range(low, high)
    }

    /// The spelling in the configuration.
    package var text: String {
        switch self {
        case .auto: "auto"
        case .bits(let bits): "\(bits)bit"
        case .range(let low, let high): "[\(low), \(high)]"
        }
    }

    /// - Parameters:
    ///   - bitDepth: of the files, 8 or 16.
    ///   - highest: the largest raw sample of all files.
    package func range(bitDepth: Int, highest: Int) -> IntensityRange {
        switch self {
        // Files of eight bits have no unused range: a darker image is a darker part.
        case .auto where bitDepth == 8: return .whole(8)
        case .auto:
            let bits = [8, 10, 12, 14, 16].first { highest < 1 << $0 } ?? 16
            return IntensityRange(low: 0, high: (1 << bits) - 1, bitDepth: 16)
        case .bits(let bits):
            return bitDepth == 8 ? .whole(8) : IntensityRange(low: 0, high: (1 << bits) - 1, bitDepth: 16)
        case .range(let low, let high): return IntensityRange(low: low, high: high, bitDepth: bitDepth)
        }
    }
}
