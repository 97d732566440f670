import CKernels
import COpenBLAS

/// A row-major matrix in memory, or its transpose. It does not keep the memory alive.
struct MatrixView {
    let pointer: UnsafePointer<Float>
    /// Numbers from one row in memory to the next.
    let stride: Int
    var isTransposed = false

    /// The matrix from this row on (as seen after transposing).
    func rows(from row: Int) -> MatrixView {
        MatrixView(pointer: pointer + row * (isTransposed ? 1 : stride), stride: stride, isTransposed: isTransposed)
    }

    /// The matrix from this column on (as seen after transposing).
    func columns(from column: Int) -> MatrixView {
        MatrixView(
            pointer: pointer + column * (isTransposed ? stride : 1), stride: stride, isTransposed: isTransposed)
    }
}

/// `out[rows, columns] = a[rows, depth] · b[depth, columns]` on the caller's core, added to `out` where `accumulating`.
///
/// - Parameter stride: numbers from one row of `out` to the next.
func multiply(
    _ a: MatrixView, _ b: MatrixView, rows: Int, columns: Int, depth: Int, accumulating: Bool = false,
    into out: UnsafeMutablePointer<Float>, stride: Int
) {
    LinearAlgebra.keepToOneThread()
    cblas_sgemm(
        CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
        Int32(rows), Int32(columns), Int32(depth), 1, a.pointer, Int32(a.stride), b.pointer, Int32(b.stride),
        accumulating ? 1 : 0, out, Int32(stride))
}

/// `multiply` on all cores, each with some of the rows or of the columns.
func multiplyShared(
    _ a: MatrixView, _ b: MatrixView, rows: Int, columns: Int, depth: Int,
    into out: UnsafeMutablePointer<Float>, stride: Int
) {
    if !a.isTransposed, rows >= 256, depth * columns <= 1 << 20 {
        multiplyPacked(a, b, rows: rows, columns: columns, depth: depth, into: out, stride: stride)
    } else if rows >= columns {
        Cores.share(rows, grain: max(16, (1 << 18) / max(1, columns * depth))) { part in
            multiply(
                a.rows(from: part.lowerBound), b, rows: part.count, columns: columns, depth: depth,
                into: out + part.lowerBound * stride, stride: stride)
        }
    } else {
        Cores.share(columns, grain: max(16, (1 << 18) / max(1, rows * depth))) { part in
            multiply(
                a, b.columns(from: part.lowerBound), rows: rows, columns: part.count, depth: depth,
                into: out + part.lowerBound, stride: stride)
        }
    }
}

/// A tall matrix by a small one: the small one is packed once for the kernel that inference uses too, and a block of
/// the tall one's rows stays in the cache while all of the small one's columns pass by.
private func multiplyPacked(
    _ a: MatrixView, _ b: MatrixView, rows: Int, columns: Int, depth: Int,
    into out: UnsafeMutablePointer<Float>, stride: Int
) {
    let count = depth * columns
    let packed = UnsafeMutableRawPointer.allocate(
        byteCount: (count + ck_gemm_packed_count(Int32(depth), Int32(columns))) * MemoryLayout<Float>.stride,
        alignment: 64
    ).assumingMemoryBound(to: Float.self)
    defer { packed.deallocate() }
    let dense = packed + ck_gemm_packed_count(Int32(depth), Int32(columns))
    let (storedRows, storedColumns) = b.isTransposed ? (columns, depth) : (depth, columns)
    cblas_somatcopy(
        CblasRowMajor, b.isTransposed ? CblasTrans : CblasNoTrans, Int32(storedRows), Int32(storedColumns), 1,
        b.pointer, Int32(b.stride), dense, Int32(columns))
    ck_gemm_pack(dense, Int32(depth), Int32(columns), packed)
    var product = ck_gemm()
    (product.row_count, product.a, product.lda) = (Int32(rows), a.pointer, a.stride)
    (product.taps, product.c, product.packed) = (1, Int32(depth), UnsafePointer(packed))
    (product.n, product.out, product.ldo) = (Int32(columns), out, stride)
    let block = max(32, min(1024, (1 << 16) / depth / 8 * 8))
    Cores.share(rows, grain: max(32, (1 << 18) / count / 8 * 8)) { part in
        withUnsafePointer(to: product) { product in
            for first in Swift.stride(from: part.lowerBound, to: part.upperBound, by: block) {
                ck_gemm_run(product, Int32(first), Int32(min(part.upperBound, first + block)))
            }
        }
    }
}
