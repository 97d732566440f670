import CKernels
import TensorCore

extension PlanCompiler {
    /// A transposed convolution with its batch norm, bias and activation, as one dense product for each phase of the
    /// output: pixels whose places differ by multiples of the stride meet the same taps of the kernel.
    mutating func transposed(_ id: Int, _ convolution: NetworkGraph.TransposedConvolution) {
        let source = graph.nodes[id].inputs[0], input = value(of: source)
        let tail = takeTail(of: id, bias: convolution.bias, allowsResidual: false)
        let output = makeValue(tail.last)
        var weights = convolution.weights.values
        if let scale = tail.scale {
            let depth = input.channels
            for index in weights.indices { weights[index] *= scale[index / depth % scale.count] }
        }
        let bias = FloatBuffer(tail.bias ?? [Float](repeating: 0, count: output.channels))
        let phases = (0..<convolution.stride * convolution.stride).map { phase in
            TransposedConvolutionStep.Phase(
                convolution, weights, row: phase / convolution.stride, column: phase % convolution.stride,
                input: input, output: output, zeros: zeros, bias: bias, activation: tail.activation)
        }
        append(
            TransposedConvolutionStep(phases, keepAlive: [input.buffer, output.buffer, zeros, bias]), for: tail.last)
        release(source)
    }
}

/// The phases of a transposed convolution. The team shares the output's rows.
final class TransposedConvolutionStep: PlanStep {
    private let phases: [Phase]
    private let keepAlive: [AnyObject]
    /// Of all phases one after the other: the first line of each.
    private let firstLines: [Int]
    private let lines: Int

    init(_ phases: [Phase], keepAlive: [AnyObject]) {
        (self.phases, self.keepAlive) = (phases, keepAlive)
        firstLines = phases.indices.map { phases[..<$0].reduce(0) { $0 + $1.lines } }
        lines = phases.reduce(0) { $0 + $1.lines }
    }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(lines, member: member, of: size, grain: 1)
        for (phase, first) in zip(phases, firstLines) {
            for line in max(Int(begin), first)..<max(Int(begin), first, min(Int(end), first + phase.lines)) {
                phase.run(line: line - first)
            }
        }
    }

    /// The output's pixels at rows `row`, `row + stride`, … and columns `column`, `column + stride`, ….
    final class Phase {
        /// Output rows, and pixels in each.
        let lines: Int
        private let pixels: Int
        private var gemm = ck_gemm()
        private let packed: FloatBuffer
        private let table: UnsafeMutablePointer<UnsafePointer<Float>?>
        /// Floats from one line of the output to the next.
        private let lineStride: Int

        init(
            _ convolution: NetworkGraph.TransposedConvolution, _ weights: [Float], row: Int, column: Int,
            input: PlanCompiler.Value, output: PlanCompiler.Value, zeros: FloatBuffer, bias: FloatBuffer,
            activation: ck_act
        ) {
            let (stride, kernel) = (convolution.stride, convolution.kernel)
            let (depth, columns) = (input.channels, output.channels)
            lines = max(0, (output.height - row + stride - 1) / stride)
            pixels = max(0, (output.width - column + stride - 1) / stride)
            func taps(_ phase: Int) -> [Int] {
                (0..<kernel).filter { (phase + convolution.padding - $0) % stride == 0 }
            }
            let taps = taps(row).flatMap { y in taps(column).map { x in (y: y, x: x) } }
            // [tap][input channel][output channel], of `[kernel][kernel][output channel][input channel]`.
            var chosen: [Float] = []
            chosen.reserveCapacity(taps.count * depth * columns)
            for tap in taps {
                let first = (tap.y * kernel + tap.x) * columns * depth
                for c in 0..<depth { for n in 0..<columns { chosen.append(weights[first + n * depth + c]) } }
            }
            packed = FloatBuffer(ck_gemm_packed_count(Int32(taps.count * depth), Int32(columns)))
            ck_gemm_pack(chosen, Int32(taps.count * depth), Int32(columns), packed.pointer)
            table = .allocate(capacity: max(1, taps.count * lines * pixels))
            var index = 0
            for tap in taps {
                for line in 0..<lines {
                    for pixel in 0..<pixels {
                        let y = (row + line * stride + convolution.padding - tap.y) / stride
                        let x = (column + pixel * stride + convolution.padding - tap.x) / stride
                        // Division rounds towards zero, but every number here is a multiple of the stride.
                        let isInside = y >= 0 && y < input.height && x >= 0 && x < input.width
                        table[index] = UnsafePointer(
                            isInside ? input.buffer.pointer + (y * input.width + x) * depth : zeros.pointer)
                        index += 1
                    }
                }
            }
            lineStride = stride * output.width * columns
            (gemm.row_count, gemm.taps) = (Int32(lines * pixels), Int32(taps.count))
            (gemm.c, gemm.n) = (Int32(depth), Int32(columns))
            gemm.rows = UnsafePointer(table)
            gemm.packed = UnsafePointer(packed.pointer)
            gemm.bias = UnsafePointer(bias.pointer)
            gemm.out = output.buffer.pointer + (row * output.width + column) * columns
            gemm.ldo = stride * columns
            gemm.activation = Int32(activation.rawValue)
        }

        deinit { table.deallocate() }

        func run(line: Int) {
            guard pixels > 0 else { return }
            var gemm = gemm
            let first = line * pixels
            // The kernel places row m at `out + m · ldo`; lines lie further apart than that.
            gemm.out += line * lineStride - first * gemm.ldo
            ck_gemm_run(&gemm, Int32(first), Int32(first + pixels))
        }
    }
}
