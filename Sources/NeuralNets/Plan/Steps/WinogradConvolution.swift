import CKernels

/// The three passes of a 3×3 convolution by minimal filtering (`ck_winograd`); the team meets between them.
final class WinogradConvolution {
    fileprivate var kernel: ck_winograd
    fileprivate let weights: [FloatBuffer]
    fileprivate let tiles: Int
    private let keepAlive: [AnyObject]

    /// - Parameters:
    ///   - weights: `[3, 3, c, n]`
    ///   - transformed: of `transformCount` floats for the input's channels.
    ///   - products: as many for the output's.
    init(
        input: PlanValue, output: PlanValue, weights: [Float], bias: FloatBuffer,
        residual: FloatBuffer?, activation: ck_function, transformed: FloatBuffer, products: FloatBuffer
    ) {
        let (c, n) = (Int32(input.channels), Int32(output.channels))
        kernel = ck_winograd()
        kernel.in = UnsafePointer(input.buffer.pointer)
        (kernel.h, kernel.w, kernel.c, kernel.n) = (Int32(input.height), Int32(input.width), c, n)
        (kernel.tiles_y, kernel.tiles_x) = Self.tiles(input)
        kernel.transformed = transformed.pointer
        kernel.products = products.pointer
        kernel.bias = UnsafePointer(bias.pointer)
        kernel.residual = residual.map { UnsafePointer($0.pointer) }
        kernel.activation = Int32(activation.rawValue)
        kernel.out = output.buffer.pointer
        tiles = Int(kernel.tiles_y * kernel.tiles_x)
        let plane = Int(c * n)
        var planes = [Float](repeating: 0, count: 36 * plane)
        ck_winograd_weights(weights, c, n, &planes)
        self.weights = planes.withUnsafeBufferPointer { planes in
            (0..<36).map { k in
                let packed = FloatBuffer(ck_gemm_packed_count(c, n))
                if let base = planes.baseAddress { ck_gemm_pack(base + k * plane, c, n, packed.pointer) }
                return packed
            }
        }
        keepAlive = [input.buffer, output.buffer, bias, transformed, products] + [residual].compactMap { $0 }
    }

    private static func tiles(_ value: PlanValue) -> (y: Int32, x: Int32) {
        (Int32((value.height + 3) / 4), Int32((value.width + 3) / 4))
    }

    /// Floats of a transform of `value`'s tiles with `channels` channels.
    static func transformCount(_ value: PlanValue, channels: Int) -> Int {
        let tiles = tiles(value)
        return 36 * Int(tiles.y * tiles.x) * Int(ck_winograd_stride(Int32(channels)))
    }

    var steps: [any PlanStep] { [TransformInput(self), Products(self), TransformOutput(self)] }

    /// A pass between the map and 36 values of each of its tiles of 16: about four additions for each value.
    private func transform(channels: Int32) -> StepWork {
        let count = tiles * Int(channels)
        return StepWork("\(tiles)×\(channels)", operations: 144 * count, floats: (36 + 16) * count)
    }

    private final class TransformInput: PlanStep {
        private let convolution: WinogradConvolution
        init(_ convolution: WinogradConvolution) { self.convolution = convolution }

        var work: StepWork { convolution.transform(channels: convolution.kernel.c) }

        func run(member: Int, of size: Int) {
            let (begin, end) = share(convolution.tiles, member: member, of: size, grain: 1)
            withUnsafePointer(to: convolution.kernel) { ck_winograd_input($0, begin, end) }
        }
    }

    private final class Products: PlanStep {
        private let convolution: WinogradConvolution
        init(_ convolution: WinogradConvolution) { self.convolution = convolution }

        var work: StepWork {
            let (c, n) = (Int(convolution.kernel.c), Int(convolution.kernel.n)), tiles = convolution.tiles
            return StepWork(
                "36×\(tiles)×\(c)×\(n)", operations: 72 * tiles * c * n, floats: 36 * (tiles * (c + n) + c * n))
        }

        func run(member: Int, of size: Int) {
            let kernel = convolution.kernel, rows = convolution.tiles
            let (begin, end) = share(36, member: member, of: size, grain: 1)
            let (inputStride, outputStride) = (ck_winograd_stride(kernel.c), ck_winograd_stride(kernel.n))
            for k in begin..<end {
                var gemm = ck_gemm()
                gemm.a = UnsafePointer(kernel.transformed + Int(k) * rows * Int(inputStride))
                gemm.lda = Int(inputStride)
                (gemm.taps, gemm.c, gemm.n) = (1, kernel.c, kernel.n)
                gemm.packed = UnsafePointer(convolution.weights[Int(k)].pointer)
                gemm.out = kernel.products + Int(k) * rows * Int(outputStride)
                gemm.ldo = Int(outputStride)
                ck_gemm_run(&gemm, 0, Int32(rows))
            }
        }
    }

    private final class TransformOutput: PlanStep {
        private let convolution: WinogradConvolution
        init(_ convolution: WinogradConvolution) { self.convolution = convolution }

        var work: StepWork { convolution.transform(channels: convolution.kernel.n) }

        func run(member: Int, of size: Int) {
            let (begin, end) = share(convolution.tiles, member: member, of: size, grain: 1)
            withUnsafePointer(to: convolution.kernel) { ck_winograd_output($0, begin, end) }
        }
    }
}
