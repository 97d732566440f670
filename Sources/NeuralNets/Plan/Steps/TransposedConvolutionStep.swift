import CKernels

/// A transposed convolution with its batch norm, bias and activation, in phases. The team shares the output's rows.
final class TransposedConvolutionStep: PlanStep {
    /// `padding` rows and columns are taken off on every side.
    typealias Geometry = (kernel: Int, stride: Int, padding: Int)

    private let phases: [Phase]
    private let keepAlive: [AnyObject]
    /// The first line of each phase, counted over all phases one after the other.
    private let firstLines: [Int]
    private let lines: Int

    /// - Parameter weights: `[kernel, kernel, output channels, input channels]`
    init(
        input: PlanValue, output: PlanValue, weights: [Float], geometry: Geometry, zeros: FloatBuffer,
        bias: FloatBuffer, activation: ck_function
    ) {
        let stride = geometry.stride
        phases = (0..<stride * stride).map { phase in
            Phase(
                geometry, weights, row: phase / stride, column: phase % stride, input: input, output: output,
                zeros: zeros, bias: bias, activation: activation)
        }
        keepAlive = [input.buffer, output.buffer, zeros, bias]
        firstLines = phases.indices.map { [phases] in phases[..<$0].reduce(0) { $0 + $1.lines } }
        lines = phases.reduce(0) { $0 + $1.lines }
    }

    var work: StepWork {
        let products = phases.map { $0.lines * $0.pixels * $0.depth }.reduce(0, +), columns = phases[0].columns
        return StepWork(
            "\(lines)×\(phases[0].pixels)×\(columns)", operations: 2 * products * columns,
            floats: phases.map { $0.lines * $0.pixels * columns + $0.depth * columns }.reduce(0, +))
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
    private final class Phase {
        /// Output rows, and pixels in each.
        let lines: Int
        let pixels: Int
        /// Of the product: taps times input channels.
        var depth: Int { Int(gemm.taps * gemm.c) }
        var columns: Int { Int(gemm.n) }
        private var gemm = ck_gemm()
        private let packed: FloatBuffer
        private let table: UnsafeMutablePointer<UnsafePointer<Float>?>
        /// Floats from one line of the output to the next.
        private let lineStride: Int

        init(
            _ geometry: Geometry, _ weights: [Float], row: Int, column: Int, input: PlanValue, output: PlanValue,
            zeros: FloatBuffer, bias: FloatBuffer, activation: ck_function
        ) {
            let stride = geometry.stride, (depth, columns) = (input.channels, output.channels)
            lines = max(0, (output.height - row + stride - 1) / stride)
            pixels = max(0, (output.width - column + stride - 1) / stride)
            let taps = Self.taps(geometry, row: row, column: column)
            let chosen = Self.chosen(weights, taps, kernel: geometry.kernel, depth: depth, columns: columns)
            packed = FloatBuffer(ck_gemm_packed_count(Int32(taps.count * depth), Int32(columns)))
            ck_gemm_pack(chosen, Int32(taps.count * depth), Int32(columns), packed.pointer)
            table = .allocate(capacity: max(1, taps.count * lines * pixels))
            lineStride = stride * output.width * columns
            (gemm.row_count, gemm.taps) = (Int32(lines * pixels), Int32(taps.count))
            (gemm.c, gemm.n) = (Int32(depth), Int32(columns))
            gemm.rows = UnsafePointer(table)
            gemm.packed = UnsafePointer(packed.pointer)
            gemm.bias = UnsafePointer(bias.pointer)
            gemm.out = output.buffer.pointer + (row * output.width + column) * columns
            gemm.ldo = stride * columns
            gemm.activation = Int32(activation.rawValue)
            fillTable(geometry, taps, row: row, column: column, input: input, zeros: zeros)
        }

        deinit { table.deallocate() }

        /// The kernel's taps that meet this phase's pixels.
        private static func taps(_ geometry: Geometry, row: Int, column: Int) -> [(y: Int, x: Int)] {
            func taps(_ phase: Int) -> [Int] {
                (0..<geometry.kernel).filter { (phase + geometry.padding - $0) % geometry.stride == 0 }
            }
            return taps(row).flatMap { y in taps(column).map { x in (y: y, x: x) } }
        }

        /// `[tap][input channel][output channel]`, of `[kernel][kernel][output channel][input channel]`.
        private static func chosen(
            _ weights: [Float], _ taps: [(y: Int, x: Int)], kernel: Int, depth: Int, columns: Int
        ) -> [Float] {
            var chosen: [Float] = []
            chosen.reserveCapacity(taps.count * depth * columns)
            for tap in taps {
                let first = (tap.y * kernel + tap.x) * columns * depth
                for c in 0..<depth { for n in 0..<columns { chosen.append(weights[first + n * depth + c]) } }
            }
            return chosen
        }

        /// The input pixel of each tap.
        private func fillTable(
            _ geometry: Geometry, _ taps: [(y: Int, x: Int)], row: Int, column: Int, input: PlanValue,
            zeros: FloatBuffer
        ) {
            var index = 0
            for tap in taps {
                for line in 0..<lines {
                    for pixel in 0..<pixels {
                        let y = (row + line * geometry.stride + geometry.padding - tap.y) / geometry.stride
                        let x = (column + pixel * geometry.stride + geometry.padding - tap.x) / geometry.stride
                        // Division rounds towards zero, but every number here is a multiple of the stride.
                        let isInside = y >= 0 && y < input.height && x >= 0 && x < input.width
                        table[index] = UnsafePointer(
                            isInside ? input.buffer.pointer + (y * input.width + x) * input.channels : zeros.pointer)
                        index += 1
                    }
                }
            }
        }

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
