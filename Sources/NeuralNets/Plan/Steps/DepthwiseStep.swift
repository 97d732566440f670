import CKernels

/// A depthwise convolution with its batch norm and activation; keeps its outputs' channel sums when a pool follows.
///
/// The pointwise convolutions before and behind it may run with it, a strip of rows at a time: an inverted bottleneck
/// whose widened maps never leave the core's own cache.
final class DepthwiseStep: PlanStep {
    private var depthwise: ck_depthwise
    private let expansion: PointwiseProduct?
    private var projection: PointwiseProduct?
    private let keepAlive: [AnyObject]
    /// `[member][channel]`, made when a global pool asks.
    private var sums: FloatBuffer?
    private let members: Int
    private let channelStride: Int
    /// Output rows of a strip; all of them where nothing runs with the convolution.
    private var stripRows: Int
    /// For each member, the strip before and behind the convolution.
    private var expanded: [FloatBuffer] = [], convolved: [FloatBuffer] = []

    /// - Parameters:
    ///   - input: without a map if there is an expansion.
    ///   - output: without a map if a projection will follow.
    ///   - weights: `[kernel, kernel, channels]`
    ///   - window: rows of padding before the first in `top`, columns in `left`.
    init(
        input: PlanValue, output: PlanValue, weights: [Float], bias: FloatBuffer,
        window: (kernel: Int, stride: Int, top: Int, left: Int), activation: ck_function,
        expansion: PointwiseProduct? = nil, members: Int
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
        (self.expansion, self.members) = (expansion, members)
        keepAlive = [weights, bias, input.buffer, output.buffer]
        channelStride = (input.channels + 15) / 16 * 16
        stripRows = output.height
        if expansion != nil { makeStrips() }
    }

    /// Lets a pointwise convolution read the outputs strip by strip.
    func project(by product: PointwiseProduct, into output: PlanValue) {
        projection = product.writing(output)
        makeStrips()
    }

    private func makeStrips() {
        let d = depthwise, channels = Int(d.c)
        // A strip of n rows needs n · stride + overlap rows of the input.
        let overlap = Int(d.kernel - d.stride), row = expansion == nil ? 0 : Int(d.w) * channels
        let outputRow = projection == nil ? 0 : Int(d.ow) * channels
        let fitting = (StripSize.floats - overlap * row) / (Int(d.stride) * row + outputRow)
        stripRows = min(Int(d.oh), max(1, fitting))
        let inputRows = min(Int(d.h), max(stripRows * Int(d.stride) + overlap, Int(d.kernel)))
        expanded = expansion == nil ? [] : (0..<members).map { _ in FloatBuffer(inputRows * row) }
        convolved = projection == nil ? [] : (0..<members).map { _ in FloatBuffer(stripRows * outputRow) }
    }

    func makeSums(members: Int) -> (buffer: FloatBuffer, stride: Int) {
        let buffer = sums ?? FloatBuffer(members * channelStride)
        sums = buffer
        return (buffer, channelStride)
    }

    var work: StepWork {
        let d = depthwise, (input, output) = (Int(d.h * d.w), Int(d.oh * d.ow)), channels = Int(d.c)
        let own = "\(d.oh)×\(d.ow)×\(channels), \(d.kernel)×\(d.kernel) / \(d.stride)"
        let products = [(expansion, input), (projection, output)].compactMap { product, pixels in
            product.map { (pixels: pixels, depth: $0.depth, columns: $0.columns) }
        }
        return StepWork(
            (expansion.map { "\(input)×\($0.depth) → " } ?? "") + own
                + (projection.map { " → \(output)×\($0.columns)" } ?? ""),
            operations: 2 * output * channels * Int(d.kernel * d.kernel)
                + products.reduce(0) { $0 + 2 * $1.pixels * $1.depth * $1.columns },
            floats: input * (expansion?.depth ?? channels) + output * (projection?.columns ?? channels)
                + products.reduce(0) { $0 + $1.depth * $1.columns })
    }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(Int(depthwise.oh), member: member, of: size, grain: 1)
        let sums = sums.map { $0.pointer + member * channelStride }
        sums?.update(repeating: 0, count: Int(depthwise.c))
        var ready = 0..<0
        for first in stride(from: Int(begin), to: Int(end), by: stripRows) {
            let rows = first..<min(first + stripRows, Int(end))
            var kernel = depthwise
            if let expansion { expand(rows, by: expansion, member: member, &ready, for: &kernel) }
            let outputs = rows.lowerBound * Int(kernel.ow)..<rows.upperBound * Int(kernel.ow)
            if projection != nil { kernel.out = convolved[member].pointer - outputs.lowerBound * Int(kernel.c) }
            ck_depthwise_run(&kernel, Int32(rows.lowerBound), Int32(rows.upperBound), sums)
            projection?.run(outputs, from: convolved[member].pointer)
        }
    }

    /// Computes the input rows that some output rows need, but for those that the strip before has left.
    /// - Parameter ready: rows in the member's strip, from its beginning.
    private func expand(
        _ rows: Range<Int>, by expansion: PointwiseProduct, member: Int, _ ready: inout Range<Int>,
        for kernel: inout ck_depthwise
    ) {
        let (stride, top, width) = (Int(kernel.stride), Int(kernel.top), Int(kernel.w)), line = width * Int(kernel.c)
        let first = max(0, rows.lowerBound * stride - top)
        let last = max(first, min(Int(kernel.h), (rows.upperBound - 1) * stride - top + Int(kernel.kernel)))
        let strip = expanded[member].pointer
        let kept = max(first, ready.lowerBound)..<max(first, ready.upperBound)
        if !kept.isEmpty {
            let (from, to) = (
                strip + (kept.lowerBound - ready.lowerBound) * line, strip + (kept.lowerBound - first) * line
            )
            to.update(from: from, count: kept.count * line)
        }
        if kept.upperBound < last {
            expansion.run(kept.upperBound * width..<last * width, to: strip, origin: first * width)
        }
        ready = first..<last
        kernel.in = UnsafePointer(strip) - first * line
    }
}

/// The sizes of strips, floats.
enum StripSize {
    /// A member's strips: together about a third of a core's second-level cache of a megabyte.
    static let floats = 96 << 10
    /// The part of a map for each member from which on strips pay.
    static let worthwhile = 256 << 10
}

/// Steps whose last map the layer behind them takes strip by strip.
struct UnfinishedStrips {
    var expansion: PointwiseProduct?
    var depthwise: DepthwiseStep?
    /// Nodes that are read.
    let sources: [NetworkGraph.NodeID]
}
