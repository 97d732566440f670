import Imaging

/// The contrast of an image: a covered lens, a switched-off lamp or a transparent image gives a model nothing to learn,
/// yet scores like any other.
///
/// Measured at the image's own resolution on a grid of samples, in the channel that varies most, as shares of the
/// file's full scale; a thousandth of the samples at either end is left out (hot and dead pixels).
struct Contrast: Sendable, Equatable {
    /// The range between the ends.
    let spread: Float
    /// The deviation of the samples.
    let deviation: Float
    /// The deviation of the means of 16 × 16 blocks, beyond the share of independent noise.
    let blockDeviation: Float
    /// The mean of all channels.
    let mean: Float

    /// At most this many samples along each side, in blocks of 16 × 16.
    private static let grid = 256, blocks = 16

    init(_ frame: Frame) {
        let full = Float(IntensityRange.fullScale(frame.bitDepth))
        let channels = (0..<frame.channels).map { channel in
            switch frame.samples {
            case .eight(let values): Self.measure(values, frame, channel, bins: 256)
            case .sixteen(let values): Self.measure(values, frame, channel, bins: 65536)
            }
        }
        spread = (channels.map(\.spread).max() ?? 0) / full
        deviation = (channels.map(\.deviation).max() ?? 0) / full
        blockDeviation = (channels.map(\.blockDeviation).max() ?? 0) / full
        mean = channels.map(\.mean).reduce(0, +) / Float(max(1, channels.count)) / full
    }

    /// Whether the image has no contrast in the range of intensities in use: one flat value, or only weak noise.
    ///
    /// The limits are in 255ths of the range: flat is within two of them; noise deviates by less than four and leaves
    /// its blocks' means within half a one. Real surfaces, however even, are lit less evenly than that.
    func isNone(_ range: IntensityRange) -> Bool {
        let unit = Float(range.high - range.low) / Float(IntensityRange.fullScale(range.bitDepth)) / 255
        return spread <= 2 * unit || deviation < 4 * unit && blockDeviation < 0.5 * unit
    }

    private static func measure<Sample: FixedWidthInteger>(
        _ values: [Sample], _ frame: Frame, _ channel: Int, bins: Int
    ) -> (spread: Float, deviation: Float, blockDeviation: Float, mean: Float) {
        let rows = min(grid, frame.height), columns = min(grid, frame.width)
        var counts = [Int32](repeating: 0, count: bins)
        var picked = [Float](repeating: 0, count: rows * columns)
        values.withUnsafeBufferPointer { values in
            for row in 0..<rows {
                let line = row * frame.height / rows * frame.width
                for column in 0..<columns {
                    let value = values[(line + column * frame.width / columns) * frame.channels + channel]
                    counts[Int(value)] += 1
                    picked[row * columns + column] = Float(value)
                }
            }
        }
        let cut = Int32(picked.count / 1000)
        let low = Float(bound(counts.indices, counts, cut)), high = Float(bound(counts.indices.reversed(), counts, cut))
        var sum: Float = 0, squares: Float = 0
        let blockColumns = min(blocks, columns), blockRows = min(blocks, rows)
        var sums = [Float](repeating: 0, count: blockRows * blockColumns), sizes = sums
        for row in 0..<rows {
            for column in 0..<columns {
                // Relative to the low end, so that squares stay small.
                let value = min(high, max(low, picked[row * columns + column])) - low
                sum += value
                squares += value * value
                let block = row * blockRows / rows * blockColumns + column * blockColumns / columns
                sums[block] += value
                sizes[block] += 1
            }
        }
        let count = Float(picked.count), mean = sum / count
        let means = zip(sums, sizes).map { $0 / $1 }
        let blockMean = means.reduce(0, +) / Float(means.count)
        let blockVariance = means.reduce(0) { $0 + ($1 - blockMean) * ($1 - blockMean) } / Float(means.count)
        let variance = max(0, squares / count - mean * mean)
        let noise = variance * Float(means.count) / count
        return (high - low, variance.squareRoot(), max(0, blockVariance - noise).squareRoot(), mean + low)
    }

    /// The first value, in this order, that more than `cut` samples reach.
    private static func bound(_ order: some Sequence<Int>, _ counts: [Int32], _ cut: Int32) -> Int {
        var seen: Int32 = 0
        for value in order {
            seen += counts[value]
            if seen > cut { return value }
        }
        return 0
    }
}
