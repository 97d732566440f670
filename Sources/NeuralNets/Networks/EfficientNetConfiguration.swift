/// Compound scaling of EfficientNet (Tan & Le 2019, table 1 and section 3.3).
package struct EfficientNetConfiguration: Sendable {
    package struct Stage: Sendable {
        package let expansion, kernel, stride, inputChannels, outputChannels, blocks: Int
    }

    package let stemChannels: Int
    /// Stages 1 … 7.
    package let stages: [Stage]

    /// - Parameters:
    ///   - width: multiplies the channels, rounded to multiples of 8 (never more than 10 % down).
    ///   - depth: multiplies the blocks of a stage, rounded up.
    package init(width: Double, depth: Double) {
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
        var inputs = channels(32)
        stemChannels = inputs
        var stages: [Stage] = []
        for row in table {
            let outputs = channels(row.channels)
            stages.append(
                Stage(
                    expansion: row.expansion, kernel: row.kernel, stride: row.stride, inputChannels: inputs,
                    outputChannels: outputs, blocks: Int((depth * Double(row.blocks)).rounded(.up))))
            inputs = outputs
        }
        self.stages = stages
    }
}
