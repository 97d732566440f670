import COpenBLAS

/// Dense linear algebra in double precision over row-major matrices, on OpenBLAS and its LAPACK.
package enum LinearAlgebra {
    /// A matrix lacks the property that an operation needs.
    package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// The leading minor of this order (from 1) is not positive.
        case notPositiveDefinite(order: Int)
        case noConvergence

        package var description: String {
            switch self {
            case .notPositiveDefinite(let order):
                "the matrix is not positive definite (its leading minor of order \(order) is not positive)"
            case .noConvergence: "the eigenvalue iteration did not converge; check the matrix for infinities and NaN"
            }
        }
    }

    /// `aᵀ · a`, `[columns, columns]`, of a `[rows, columns]` matrix.
    package static func gram(_ a: [Double], rows: Int, columns: Int) -> [Double] {
        precondition(a.count == rows * columns)
        keepToOneThread()
        var out = [Double](repeating: 0, count: columns * columns)
        cblas_dsyrk(
            CblasRowMajor, CblasUpper, CblasTrans, Int32(columns), Int32(rows), 1, a, Int32(columns), 0, &out,
            Int32(columns))
        mirror(&out, columns)
        return out
    }

    /// `a · b`, `[rows, columns]`, of `[rows, depth]` and `[depth, columns]`.
    package static func product(_ a: [Double], _ b: [Double], rows: Int, depth: Int, columns: Int) -> [Double] {
        precondition(a.count == rows * depth && b.count == depth * columns)
        keepToOneThread()
        var out = [Double](repeating: 0, count: rows * columns)
        cblas_dgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(depth), 1, a, Int32(depth), b,
            Int32(columns), 0, &out, Int32(columns))
        return out
    }

    /// The lower triangular L with `L · Lᵀ = a`, zeros above the diagonal.
    /// - Throws: `Failure.notPositiveDefinite`.
    package static func cholesky(_ a: [Double], _ n: Int) throws -> [Double] {
        precondition(a.count == n * n)
        var factor = a
        try factorise(&factor, n)
        for row in 0..<n { for column in (row + 1)..<max(n, row + 1) { factor[row * n + column] = 0 } }
        return factor
    }

    /// The inverse of a symmetric positive definite matrix.
    /// - Throws: `Failure.notPositiveDefinite`.
    package static func inverse(positiveDefinite a: [Double], _ n: Int) throws -> [Double] {
        precondition(a.count == n * n)
        var out = a
        try factorise(&out, n)
        var size = Int32(n), lda = Int32(n), info: Int32 = 0
        dpotri_("U", &size, &out, &lda, &info)
        if info != 0 { throw Failure.notPositiveDefinite(order: Int(info)) }
        // LAPACK's upper triangle by columns is our lower triangle by rows.
        for row in 0..<n { for column in 0..<row { out[column * n + row] = out[row * n + column] } }
        return out
    }

    /// The inverse of a lower triangular matrix.
    package static func inverse(lowerTriangular a: [Double], _ n: Int) -> [Double] {
        precondition(a.count == n * n)
        keepToOneThread()
        var out = [Double](repeating: 0, count: n * n)
        for index in 0..<n { out[index * n + index] = 1 }
        cblas_dtrsm(
            CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, Int32(n), Int32(n), 1, a, Int32(n), &out,
            Int32(n))
        return out
    }

    /// Eigenvalues in ascending order, and the eigenvectors as rows in the same order.
    /// - Throws: `Failure.noConvergence`.
    package static func symmetricEigen(_ a: [Double], _ n: Int) throws -> (values: [Double], vectors: [Double]) {
        precondition(a.count == n * n)
        keepToOneThread()
        var vectors = a, values = [Double](repeating: 0, count: n)
        var size = Int32(n), lda = Int32(n), info: Int32 = 0
        var workSize = Int32(-1), integerSize = Int32(-1), work = [0.0], integers = [Int32(0)]
        dsyevd_("V", "U", &size, &vectors, &lda, &values, &work, &workSize, &integers, &integerSize, &info)
        workSize = Int32(work[0])
        integerSize = integers[0]
        work = [Double](repeating: 0, count: Int(workSize))
        integers = [Int32](repeating: 0, count: Int(integerSize))
        dsyevd_("V", "U", &size, &vectors, &lda, &values, &work, &workSize, &integers, &integerSize, &info)
        if info != 0 { throw Failure.noConvergence }
        return (values, vectors)
    }

    /// Permanently disables OpenBLAS's own threads for the whole process.
    ///
    /// Workers and `Cores` share the cores out. And OpenBLAS cuts a product otherwise for two threads than for one,
    /// which changes its last bits: a number that some work set while other work runs would change that work's scores.
    package static func keepToOneThread() { _ = oneThread }

    private static let oneThread: Void = openblas_set_num_threads(1)

    /// Cholesky in place; the factor lands in the lower triangle by rows.
    private static func factorise(_ a: inout [Double], _ n: Int) throws {
        keepToOneThread()
        var size = Int32(n), lda = Int32(n), info: Int32 = 0
        dpotrf_("U", &size, &a, &lda, &info)
        if info != 0 { throw Failure.notPositiveDefinite(order: Int(info)) }
    }

    private static func mirror(_ a: inout [Double], _ n: Int) {
        for row in 0..<n { for column in 0..<row { a[row * n + column] = a[column * n + row] } }
    }
}
