/// Compound scaling of EfficientNet (Tan & Le 2019, table 1 and section 3.3), and of its Lite series (Google's `tpu`
/// repository, efficientnet/lite, 2020).
package struct EfficientNetConfiguration: Sendable {
    package struct Stage: Sendable {
        package let expansion, kernel, stride, inputChannels, outputChannels, blocks: Int
    }

    /// What the series of networks differ in.
    package enum Series: Sendable {
        /// SiLU and squeeze-excitation.
        case original
        /// For integer arithmetic: ReLU6 and no squeeze-excitation; neither the stem's width nor the blocks of the
        /// first and the last stage are scaled.
        case lite
    }

    package let series: Series
    package let stemChannels: Int
    /// Stages 1 … 7.
    package let stages: [Stage]

    /// - Parameters:
    ///   - width: multiplies the channels, rounded to multiples of 8 (never more than 10 % down).
    ///   - depth: multiplies the blocks of a stage, rounded up.
    package init(_ series: Series = .original, width: Double, depth: Double) {
        func channels(_ base: Int) -> Int {
            let scaled = Double(base) * width
            let rounded = max(8, Int(scaled + 4) / 8 * 8)
            return Double(rounded) < 0.9 * scaled ? rounded + 8 : rounded
        }
        let table: [(expansion: Int, kernel: Int, stride: Int, channels: Int, blocks: Int)] = [
            (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3),
            (6, 5, 2, 192, 4),
            (6, 3, 1, 320, 1),
        ]
        self.series = series
        stemChannels = series == .lite ? 32 : channels(32)
        var inputs = stemChannels
        var stages: [Stage] = []
        for (index, row) in table.enumerated() {
            let outputs = channels(row.channels)
            let isScaled = series == .original || (index > 0 && index < table.count - 1)
            stages.append(
                Stage(
                    expansion: row.expansion, kernel: row.kernel, stride: row.stride, inputChannels: inputs,
                    outputChannels: outputs,
                    blocks: isScaled ? Int((depth * Double(row.blocks)).rounded(.up)) : row.blocks))
            inputs = outputs
        }
        self.stages = stages
    }
}
