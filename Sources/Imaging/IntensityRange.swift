import CKernels

/// The raw sample values of black and white: measured or given when a model is fitted, and applied to every later frame
/// of the line.
///
/// A camera of 10, 12 or 14 bits often stores its values unscaled in files of 16 bits: its white is then nearly black.
package struct IntensityRange: Sendable, Equatable, Codable {
    /// 0 ≤ low < high.
    package let low, high: Int
    /// Bits per sample of the files it applies to: 8 or 16. Files of the other depth are used as stored.
    package let bitDepth: Int

    /// - Precondition: `0 <= low && low < high && high <= 65535`, a depth of 8 or 16.
    package init(low: Int, high: Int, bitDepth: Int) {
        precondition(0 <= low && low < high && high <= 65535 && (bitDepth == 8 || bitDepth == 16))
        (self.low, self.high, self.bitDepth) = (low, high, bitDepth)
    }

    /// Refuses what `init(low:high:bitDepth:)` does not allow: a file may be damaged.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let low = try fields.decode(Int.self, forKey: .low), high = try fields.decode(Int.self, forKey: .high)
        let depth = try fields.decode(Int.self, forKey: .bitDepth)
        guard 0 <= low, low < high, high <= 65535, depth == 8 || depth == 16 else {
            throw DecodingError.dataCorruptedError(
                forKey: .high, in: fields,
                debugDescription: "\(low)…\(high) of \(depth) bits is not a range of intensities")
        }
        self.init(low: low, high: high, bitDepth: depth)
    }

    enum CodingKeys: String, CodingKey {
        case low, high
        case bitDepth = "bit_depth"
    }

    /// The largest value in a file with this many bits.
    package static func fullScale(_ bitDepth: Int) -> Int { bitDepth == 8 ? 255 : 65535 }

    /// The full range of files with this many bits.
    package static func whole(_ bitDepth: Int) -> IntensityRange {
        IntensityRange(low: 0, high: fullScale(bitDepth), bitDepth: bitDepth)
    }

    /// Whether applying it changes nothing.
    package var isWhole: Bool { low == 0 && high == Self.fullScale(bitDepth) }

    /// `0…4095 (12 bit)`.
    package var text: String {
        let bits = (8...16).first { low == 0 && high == (1 << $0) - 1 }
        return "\(low)…\(high)" + (bits.map { " (\($0) bit)" } ?? "")
    }
}

extension Frame {
    /// The smallest and the largest raw sample.
    package var extremes: (low: Int, high: Int) {
        var low: Int32 = 0, high: Int32 = 0
        switch samples {
        case .eight(let values): ck_extremes_u8(values, values.count, &low, &high)
        case .sixteen(let values): ck_extremes_u16(values, values.count, &low, &high)
        }
        return (Int(low), Int(high))
    }

    /// The frame with `range` stretched to its samples' full range; values outside are clipped. The frame itself if the
    /// range is the full one, or of files of another depth.
    package func stretched(_ range: IntensityRange?) -> Frame {
        guard let range, range.bitDepth == bitDepth, !range.isWhole else { return self }
        var frame = self
        switch samples {
        case .eight(let values):
            frame.samples = .eight(
                [UInt8](unsafeUninitializedCapacity: values.count) { out, count in
                    ck_stretch_u8(values, values.count, Int32(range.low), Int32(range.high), out.baseAddress)
                    count = values.count
                })
        case .sixteen(let values):
            frame.samples = .sixteen(
                [UInt16](unsafeUninitializedCapacity: values.count) { out, count in
                    ck_stretch_u16(values, values.count, Int32(range.low), Int32(range.high), out.baseAddress)
                    count = values.count
                })
        }
        return frame
    }
}
