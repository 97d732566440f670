import TensorCore
import Testing

@Suite struct LinearAlgebraTests {
    /// [[4, 2, 0], [2, 5, 1], [0, 1, 3]]: determinant 44, inverse by cofactors.
    let a: [Double] = [4, 2, 0, 2, 5, 1, 0, 1, 3]

    func expectClose(_ got: [Double], _ want: [Double], _ tolerance: Double = 1e-12) {
        #expect(got.count == want.count)
        for (g, w) in zip(got, want) { #expect(abs(g - w) <= tolerance * max(1, abs(w))) }
    }

    @Test func an_inverse_by_hand() throws {
        let want = [14, -6, 2, -6, 12, -4, 2, -4, 16].map { Double($0) / 44 }
        expectClose(try LinearAlgebra.inverse(positiveDefinite: a, 3), want)
    }

    @Test func a_cholesky_factor_multiplies_back() throws {
        let l = try LinearAlgebra.cholesky(a, 3)
        #expect(l[1] == 0 && l[2] == 0 && l[5] == 0)
        expectClose([l[0], l[3]], [2, 1])
        let transposed = (0..<9).map { l[$0 % 3 * 3 + $0 / 3] }
        expectClose(LinearAlgebra.product(l, transposed, rows: 3, depth: 3, columns: 3), a)
        let inverse = LinearAlgebra.inverse(lowerTriangular: l, 3)
        expectClose(
            LinearAlgebra.product(l, inverse, rows: 3, depth: 3, columns: 3), [1, 0, 0, 0, 1, 0, 0, 0, 1])
    }

    @Test func a_matrix_that_is_not_positive_definite_says_where() {
        #expect(throws: LinearAlgebra.Failure.notPositiveDefinite(order: 2)) {
            try LinearAlgebra.cholesky([1, 2, 2, 1], 2)
        }
    }

    @Test func eigenvectors_are_rows_and_satisfy_their_equation() throws {
        let (values, vectors) = try LinearAlgebra.symmetricEigen(a, 3)
        #expect(values == values.sorted())
        expectClose([values.reduce(0, +)], [12])
        for (index, value) in values.enumerated() {
            let v = Array(vectors[index * 3..<index * 3 + 3])
            expectClose(LinearAlgebra.product(a, v, rows: 3, depth: 3, columns: 1), v.map { $0 * value }, 1e-10)
        }
    }

    @Test func a_gram_matrix_by_hand() {
        #expect(LinearAlgebra.gram([1, 2, 3, 4, 5, 6], rows: 3, columns: 2) == [35, 44, 44, 56])
    }
}
