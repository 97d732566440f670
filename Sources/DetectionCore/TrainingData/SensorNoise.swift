import Imaging

/// The noise of a single sample, estimated from the image itself: the median of a second difference in both directions,
/// which edges and slopes hardly move (after Immerkær, "Fast noise variance estimation", CVIU 1996).
enum SensorNoise {
    /// The maximal number of rows measured.
    private static let rows = 96

    /// Standard deviation as a share of the file's full scale, of the green or the only channel.
    static func deviation(_ frame: Frame) -> Float {
        guard frame.width >= 3, frame.height >= 3 else { return 0 }
        let full = Float(IntensityRange.fullScale(frame.bitDepth))
        switch frame.samples {
        case .eight(let values): return median(values, frame) / full
        case .sixteen(let values): return median(values, frame) / full
        }
    }

    private static func median<Sample: FixedWidthInteger>(_ values: [Sample], _ frame: Frame) -> Float {
        let rows = min(Self.rows, frame.height - 2), channel = frame.channels / 2
        let (stride, step) = (frame.width * frame.channels, frame.channels)
        // Second differences reach from −8 to 8 times a sample; the last bin holds all larger ones.
        var counts = [Int32](repeating: 0, count: 4096), total: Int32 = 0
        values.withUnsafeBufferPointer { values in
            for row in 0..<rows {
                let middle = (1 + row * (frame.height - 2) / rows) * stride + channel
                for column in 1..<(frame.width - 1) {
                    let place = middle + column * step
                    func across(_ place: Int) -> Int {
                        Int(values[place - step]) - 2 * Int(values[place]) + Int(values[place + step])
                    }
                    let difference = across(place - stride) - 2 * across(place) + across(place + stride)
                    counts[min(counts.count - 1, abs(difference))] += 1
                    total += 1
                }
            }
        }
        var seen: Int32 = 0
        for (value, count) in counts.enumerated() {
            seen += count
            // The filter's weights have a norm of 6; the median of a normal law's magnitude is 0.6745 deviations.
            if 2 * seen >= total { return Float(value) / 6 / 0.6745 }
        }
        return 0
    }
}
