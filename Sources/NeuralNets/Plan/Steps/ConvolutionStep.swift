import CKernels

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

    var work: StepWork {
        let (depth, columns) = (Int(gemm.taps * gemm.c), Int(gemm.n))
        let input = rows * (rowTable == nil ? depth : Int(gemm.c))
        return StepWork(
            "\(rows)×\(depth)×\(columns)", operations: 2 * rows * depth * columns,
            floats: input + depth * columns + rows * columns * (gemm.residual == nil ? 1 : 2))
    }

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

    var work: StepWork {
        StepWork("\(depth)×\(columns)", operations: depth * columns, floats: 2 * depth * columns)
    }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(depth, member: member, of: size, grain: 1)
        ck_gemm_scale_rows(packed.pointer, gate.pointer, Int32(depth), Int32(columns), begin, end, output.pointer)
    }
}

/// Copies the image into a zero-bordered buffer, so that the first convolution reads whole window rows at once.
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

    var work: StepWork {
        StepWork("\(size.h)×\(size.w)×\(channels)", floats: 2 * size.h * size.w * channels)
    }

    func run(member: Int, of members: Int) {
        let (begin, end) = share(size.h, member: member, of: members, grain: 1)
        ck_pad_rows(
            input.pointer, Int32(size.w), Int32(channels), begin, end, output.pointer + offset, rowFloats)
    }
}
