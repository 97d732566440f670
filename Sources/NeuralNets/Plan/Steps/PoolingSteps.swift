import CKernels

/// Global average pool from sums that the depthwise step before it kept.
final class PooledSumsStep: PlanStep {
    private let sums: FloatBuffer, stride: Int, channels: Int, scale: Float, output: FloatBuffer

    init(sums: FloatBuffer, stride: Int, channels: Int, pixels: Int, output: FloatBuffer) {
        (self.sums, self.stride, self.channels, self.output) = (sums, stride, channels, output)
        scale = 1 / Float(pixels)
    }

    var work: StepWork { StepWork("\(channels)", operations: channels, floats: 2 * channels) }

    func run(member: Int, of size: Int) {
        guard member == 0 else { return }
        for channel in 0..<channels {
            var total: Float = 0
            for other in 0..<size { total += sums.pointer[other * stride + channel] }
            output.pointer[channel] = total * scale
        }
    }
}

/// Global average pool that reads the map.
final class GlobalPoolStep: PlanStep {
    private let input: FloatBuffer, pixels: Int, channels: Int, output: FloatBuffer

    init(input: FloatBuffer, pixels: Int, channels: Int, output: FloatBuffer) {
        (self.input, self.pixels, self.channels, self.output) = (input, pixels, channels, output)
    }

    var work: StepWork {
        StepWork("\(pixels)×\(channels)", operations: pixels * channels, floats: (pixels + 1) * channels)
    }

    func run(member: Int, of size: Int) {
        guard member == 0 else { return }
        ck_channel_sums(input.pointer, Int32(pixels), Int32(channels), 1 / Float(pixels), output.pointer)
    }
}

final class MaxPoolStep: PlanStep {
    private let input: FloatBuffer, size: (h: Int, w: Int), channels: Int, window: (kernel: Int, stride: Int, pad: Int)
    private let outputSize: (h: Int, w: Int), output: FloatBuffer

    init(
        input: FloatBuffer, size: (h: Int, w: Int), channels: Int, window: (kernel: Int, stride: Int, pad: Int),
        outputSize: (h: Int, w: Int), output: FloatBuffer
    ) {
        (self.input, self.size, self.channels, self.window) = (input, size, channels, window)
        (self.outputSize, self.output) = (outputSize, output)
    }

    var work: StepWork {
        StepWork(
            "\(outputSize.h)×\(outputSize.w)×\(channels), \(window.kernel)×\(window.kernel) / \(window.stride)",
            floats: (size.h * size.w + outputSize.h * outputSize.w) * channels)
    }

    func run(member: Int, of members: Int) {
        let (begin, end) = share(outputSize.h, member: member, of: members, grain: 1)
        ck_max_pool(
            input.pointer, Int32(size.h), Int32(size.w), Int32(channels), Int32(window.kernel), Int32(window.stride),
            Int32(window.pad), Int32(outputSize.h), Int32(outputSize.w), begin, end, output.pointer)
    }
}
