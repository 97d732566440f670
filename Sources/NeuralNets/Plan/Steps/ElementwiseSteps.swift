import CKernels

/// `act(a + b)`, or `act(a)` if `b` is nil, for layers that no convolution could absorb.
final class AddStep: PlanStep {
    private let a: FloatBuffer, b: FloatBuffer?, count: Int, activation: ck_function, output: FloatBuffer

    init(a: FloatBuffer, b: FloatBuffer?, count: Int, activation: ck_function, output: FloatBuffer) {
        (self.a, self.b, self.count, self.activation, self.output) = (a, b, count, activation, output)
    }

    var work: StepWork {
        StepWork("\(count)", operations: b == nil ? 0 : count, floats: count * (b == nil ? 2 : 3))
    }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(count, member: member, of: size, grain: 64)
        guard begin < end else { return }
        ck_add_activate(
            a.pointer + Int(begin), b.map { $0.pointer + Int(begin) }, Int(end - begin), Int32(activation.rawValue),
            output.pointer + Int(begin))
    }
}

/// `act(map · gate)`, where the next layer is not a 1×1 convolution that could carry the gate.
final class ScaleChannelsStep: PlanStep {
    private let input: FloatBuffer, gate: FloatBuffer, pixels: Int, channels: Int, activation: ck_function
    private let output: FloatBuffer

    init(
        input: FloatBuffer, gate: FloatBuffer, pixels: Int, channels: Int, activation: ck_function, output: FloatBuffer
    ) {
        (self.input, self.gate, self.pixels, self.channels) = (input, gate, pixels, channels)
        (self.activation, self.output) = (activation, output)
    }

    var work: StepWork {
        StepWork("\(pixels)×\(channels)", operations: pixels * channels, floats: 2 * pixels * channels)
    }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(pixels, member: member, of: size, grain: 1)
        let offset = Int(begin) * channels
        ck_scale_channels(
            input.pointer + offset, gate.pointer, end - begin, Int32(channels), Int32(activation.rawValue),
            output.pointer + offset)
    }
}
