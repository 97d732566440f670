import CKernels

/// A depthwise convolution with its batch norm and activation; keeps its outputs' channel sums when a pool follows.
final class DepthwiseStep: PlanStep {
    private let depthwise: ck_depthwise
    private let keepAlive: [AnyObject]
    /// `[member][channel]`, made when a global pool asks.
    private var sums: FloatBuffer?
    private let stride: Int

    /// - Parameters:
    ///   - weights: `[kernel, kernel, channels]`
    ///   - window: rows of padding before the first in `top`, columns in `left`.
    init(
        input: PlanValue, output: PlanValue, weights: [Float], bias: FloatBuffer,
        window: (kernel: Int, stride: Int, top: Int, left: Int), activation: ck_function
    ) {
        let weights = FloatBuffer(weights)
        var kernel = ck_depthwise()
        kernel.in = UnsafePointer(input.buffer.pointer)
        (kernel.h, kernel.w, kernel.c) = (Int32(input.height), Int32(input.width), Int32(input.channels))
        (kernel.kernel, kernel.stride) = (Int32(window.kernel), Int32(window.stride))
        (kernel.top, kernel.left) = (Int32(window.top), Int32(window.left))
        (kernel.oh, kernel.ow) = (Int32(output.height), Int32(output.width))
        kernel.weights = UnsafePointer(weights.pointer)
        kernel.bias = UnsafePointer(bias.pointer)
        kernel.activation = Int32(activation.rawValue)
        kernel.out = output.buffer.pointer
        depthwise = kernel
        keepAlive = [weights, bias, input.buffer, output.buffer]
        stride = (input.channels + 15) / 16 * 16
    }

    func makeSums(members: Int) -> (buffer: FloatBuffer, stride: Int) {
        let buffer = sums ?? FloatBuffer(members * stride)
        sums = buffer
        return (buffer, stride)
    }

    var work: StepWork {
        let d = depthwise, (input, output) = (Int(d.h * d.w), Int(d.oh * d.ow)), channels = Int(d.c)
        return StepWork(
            "\(d.oh)×\(d.ow)×\(channels), \(d.kernel)×\(d.kernel) / \(d.stride)",
            operations: 2 * output * channels * Int(d.kernel * d.kernel), floats: (input + output) * channels)
    }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(Int(depthwise.oh), member: member, of: size, grain: 1)
        let target = sums.map { $0.pointer + member * stride }
        withUnsafePointer(to: depthwise) { ck_depthwise_run($0, begin, end, target) }
    }
}
