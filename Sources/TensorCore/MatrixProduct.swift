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
    // The cores are shared out by `Cores`; the library's own threads would contend with those.
    if openblas_get_num_threads() != 1 { openblas_set_num_threads(1) }
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
    if rows >= columns {
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
