import CKernels

/// One fused step of a plan. Every member of the team calls `run`; each does its share of the rows.
///
/// Steps hold raw pointers into buffers that the plan keeps alive, and write disjoint rows: that is what makes sharing
/// them between the team's threads safe.
protocol PlanStep: AnyObject {
    func run(member: Int, of size: Int)
}

/// Rows [begin, end) of `count` for a member, in multiples of `grain`; all of them to member 0 when there are few.
func share(_ count: Int, member: Int, of size: Int, grain: Int) -> (Int32, Int32) {
    let grains = (count + grain - 1) / grain
    let begin = min(count, grains * member / size * grain)
    let end = min(count, grains * (member + 1) / size * grain)
    return (Int32(begin), Int32(end))
}

/// A dense convolution with its batch norm, bias, shortcut and activation.
final class ConvolutionStep: PlanStep {
    var gemm: ck_gemm
    let rows: Int
    private let keepAlive: [AnyObject]
    private let rowTable: UnsafeMutablePointer<UnsafePointer<Float>?>?

    init(
        gemm: ck_gemm, rows: Int, rowTable: UnsafeMutablePointer<UnsafePointer<Float>?>?, keepAlive: [AnyObject]
    ) {
        self.gemm = gemm
        self.rows = rows
        self.rowTable = rowTable
        self.keepAlive = keepAlive
        if let rowTable { self.gemm.rows = UnsafePointer(rowTable) }
    }

    deinit { rowTable?.deallocate() }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(rows, member: member, of: size, grain: 8)
        if begin < end { withUnsafePointer(to: gemm) { ck_gemm_run($0, begin, end) } }
    }
}

/// Multiplies a packed 1×1 convolution's weight rows by a gate: squeeze-excitation without touching the map.
final class GateWeightsStep: PlanStep {
    private let packed: FloatBuffer, gate: FloatBuffer, output: FloatBuffer
    private let depth: Int, columns: Int

    init(packed: FloatBuffer, gate: FloatBuffer, output: FloatBuffer, depth: Int, columns: Int) {
        (self.packed, self.gate, self.output, self.depth, self.columns) = (packed, gate, output, depth, columns)
    }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(depth, member: member, of: size, grain: 1)
        ck_gemm_scale_rows(packed.pointer, gate.pointer, Int32(depth), Int32(columns), begin, end, output.pointer)
    }
}

/// A depthwise convolution with its batch norm and activation; keeps its outputs' channel sums when a pool follows.
final class DepthwiseStep: PlanStep {
    private var depthwise: ck_depthwise
    private let keepAlive: [AnyObject]
    /// `[member][channel]`, made when a global pool asks.
    private(set) var sums: FloatBuffer?
    private let stride: Int

    init(_ depthwise: ck_depthwise, keepAlive: [AnyObject]) {
        self.depthwise = depthwise
        self.keepAlive = keepAlive
        stride = (Int(depthwise.c) + 15) / 16 * 16
    }

    var outputPixels: Int { Int(depthwise.oh * depthwise.ow) }
    var channels: Int { Int(depthwise.c) }

    func makeSums(members: Int) -> (buffer: FloatBuffer, stride: Int) {
        let buffer = sums ?? FloatBuffer(members * stride)
        sums = buffer
        return (buffer, stride)
    }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(Int(depthwise.oh), member: member, of: size, grain: 1)
        let target = sums.map { $0.pointer + member * stride }
        withUnsafePointer(to: depthwise) { ck_depthwise_run($0, begin, end, target) }
    }
}

/// Global average pool from sums that the depthwise step before it kept.
final class PooledSumsStep: PlanStep {
    private let sums: FloatBuffer, stride: Int, channels: Int, scale: Float, output: FloatBuffer

    init(sums: FloatBuffer, stride: Int, channels: Int, pixels: Int, output: FloatBuffer) {
        (self.sums, self.stride, self.channels, self.output) = (sums, stride, channels, output)
        scale = 1 / Float(pixels)
    }

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

    func run(member: Int, of size: Int) {
        guard member == 0 else { return }
        ck_channel_sums(input.pointer, Int32(pixels), Int32(channels), 1 / Float(pixels), output.pointer)
    }
}

/// `act(a + b)`, or `act(a)` where `b` is nil: what no convolution could take in.
final class AddStep: PlanStep {
    private let a: FloatBuffer, b: FloatBuffer?, count: Int, activation: ck_act, output: FloatBuffer

    init(a: FloatBuffer, b: FloatBuffer?, count: Int, activation: ck_act, output: FloatBuffer) {
        (self.a, self.b, self.count, self.activation, self.output) = (a, b, count, activation, output)
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
    private let input: FloatBuffer, gate: FloatBuffer, pixels: Int, channels: Int, activation: ck_act
    private let output: FloatBuffer

    init(
        input: FloatBuffer, gate: FloatBuffer, pixels: Int, channels: Int, activation: ck_act, output: FloatBuffer
    ) {
        (self.input, self.gate, self.pixels, self.channels) = (input, gate, pixels, channels)
        (self.activation, self.output) = (activation, output)
    }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(pixels, member: member, of: size, grain: 1)
        let offset = Int(begin) * channels
        ck_scale_channels(
            input.pointer + offset, gate.pointer, end - begin, Int32(channels), Int32(activation.rawValue),
            output.pointer + offset)
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

    func run(member: Int, of members: Int) {
        let (begin, end) = share(outputSize.h, member: member, of: members, grain: 1)
        ck_max_pool(
            input.pointer, Int32(size.h), Int32(size.w), Int32(channels), Int32(window.kernel), Int32(window.stride),
            Int32(window.pad), Int32(outputSize.h), Int32(outputSize.w), begin, end, output.pointer)
    }
}

/// Copies the picture into a zero-bordered buffer, so that the first convolution reads whole window rows at once.
final class PadStep: PlanStep {
    private let input: FloatBuffer, size: (h: Int, w: Int), channels: Int, output: FloatBuffer
    private let rowFloats: Int, offset: Int

    init(
        input: FloatBuffer, size: (h: Int, w: Int), channels: Int, output: FloatBuffer, top: Int, left: Int,
        paddedWidth: Int
    ) {
        (self.input, self.size, self.channels, self.output) = (input, size, channels, output)
        rowFloats = paddedWidth * channels
        offset = top * rowFloats + left * channels
    }

    func run(member: Int, of members: Int) {
        let (begin, end) = share(size.h, member: member, of: members, grain: 1)
        ck_pad_rows(
            input.pointer, Int32(size.w), Int32(channels), begin, end, output.pointer + offset, rowFloats)
    }
}
