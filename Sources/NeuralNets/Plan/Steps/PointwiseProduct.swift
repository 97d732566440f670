import CKernels

/// A dense 1×1 convolution of stride 1 with its batch norm, bias, shortcut and activation, for any run of pixels.
struct PointwiseProduct {
    private(set) var gemm = ck_gemm()
    private var keepAlive: [AnyObject]

    /// - Parameter weights: `[depth, columns]`, scaled.
    init(
        _ weights: [Float], depth: Int, columns: Int, bias: FloatBuffer, residual: FloatBuffer?,
        activation: ck_function
    ) {
        let packed = FloatBuffer(ck_gemm_packed_count(Int32(depth), Int32(columns)))
        ck_gemm_pack(weights, Int32(depth), Int32(columns), packed.pointer)
        (gemm.taps, gemm.c, gemm.n) = (1, Int32(depth), Int32(columns))
        (gemm.lda, gemm.ldo) = (depth, columns)
        gemm.packed = UnsafePointer(packed.pointer)
        gemm.bias = UnsafePointer(bias.pointer)
        gemm.activation = Int32(activation.rawValue)
        if let residual { (gemm.residual, gemm.ldr) = (UnsafePointer(residual.pointer), columns) }
        keepAlive = [packed, bias, residual].compactMap(\.self)
    }

    var depth: Int { Int(gemm.c) }
    var columns: Int { Int(gemm.n) }

    /// The product of a map's pixels.
    func reading(_ map: PlanValue) -> PointwiseProduct {
        var product = self
        product.gemm.a = UnsafePointer(map.buffer.pointer)
        product.keepAlive.append(map.buffer)
        return product
    }

    func writing(_ map: PlanValue) -> PointwiseProduct {
        var product = self
        product.gemm.out = map.buffer.pointer
        product.keepAlive.append(map.buffer)
        return product
    }

    /// Pixels of the map read, to `strip`, whose first pixel is the map's `origin`-th.
    func run(_ pixels: Range<Int>, to strip: UnsafeMutablePointer<Float>, origin: Int) {
        var gemm = gemm
        gemm.out = strip - origin * columns
        ck_gemm_run(&gemm, Int32(pixels.lowerBound), Int32(pixels.upperBound))
    }

    /// Pixels of the map written, from `strip`, whose first pixel is the first of them.
    func run(_ pixels: Range<Int>, from strip: UnsafePointer<Float>) {
        var gemm = gemm
        gemm.a = strip - pixels.lowerBound * depth
        ck_gemm_run(&gemm, Int32(pixels.lowerBound), Int32(pixels.upperBound))
    }
}
