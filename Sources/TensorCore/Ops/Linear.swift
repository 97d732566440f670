/// `x · weightsᵀ + bias`. It can be differentiated any number of times.
///
/// - Parameters:
///   - x: `[N, inputs]`
///   - weights: `[outputs, inputs]`, as the frameworks keep them
///   - bias: `[outputs]`, or nil
/// - Returns: `[N, outputs]`
package func linear(_ x: Variable, _ weights: Variable, bias: Variable? = nil) -> Variable {
    let out = matmul(x, weights, transposing: (false, true))
    return bias.map { out + $0 } ?? out
}

/// `a · b` of matrices, each transposed first where `transposing` says so. Closed under differentiation: the gradients
/// are matrix products again.
package func matmul(_ a: Variable, _ b: Variable, transposing: (a: Bool, b: Bool) = (false, false)) -> Variable {
    Variable(
        product(a.value, b.value, transposing: transposing),
        from: (
            a,
            { g, pass in
                transposing.a
                    ? matmul(pass(b), g, transposing: (transposing.b, true))
                    : matmul(g, pass(b), transposing: (false, !transposing.b))
            }
        ),
        (
            b,
            { g, pass in
                transposing.b
                    ? matmul(g, pass(a), transposing: (true, transposing.a))
                    : matmul(pass(a), g, transposing: (!transposing.a, false))
            }
        ))
}

private func product(_ a: Tensor, _ b: Tensor, transposing: (a: Bool, b: Bool)) -> Tensor {
    precondition(a.shape.rank == 2 && b.shape.rank == 2, "\(a.shape) · \(b.shape)")
    let (rows, depth) = transposing.a ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
    let (inner, columns) = transposing.b ? (b.shape[1], b.shape[0]) : (b.shape[0], b.shape[1])
    precondition(inner == depth, "\(a.shape) · \(b.shape), transposing \(transposing)")
    return Tensor(shape: [rows, columns]) { out in
        a.values.withUnsafeBufferPointer { left in
            b.values.withUnsafeBufferPointer { right in
                multiplyShared(
                    MatrixView(pointer: left.baseAddress!, stride: a.shape[1], isTransposed: transposing.a),
                    MatrixView(pointer: right.baseAddress!, stride: b.shape[1], isTransposed: transposing.b),
                    rows: rows, columns: columns, depth: depth, into: out, stride: columns)
            }
        }
    }
}
