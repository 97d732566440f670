import CKernels
import COpenBLAS

/// `x · weightsᵀ + bias`.
///
/// - Parameters:
///   - x: `[N, inputs]`
///   - weights: `[outputs, inputs]`, as the frameworks keep them
///   - bias: `[outputs]`, or nil
/// - Returns: `[N, outputs]`
public func linear(_ x: Tensor, _ weights: Tensor, bias: Tensor? = nil) -> Tensor {
    let (rows, inputs, outputs) = (x.shape[0], x.shape[1], weights.shape[0])
    precondition(weights.shape[1] == inputs, "\(x.shape) by \(weights.shape)")
    var out = Tensor(zeros: [rows, outputs])
    cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs), 1, x.values, Int32(inputs),
        weights.values, Int32(inputs), 0, &out.values, Int32(outputs))
    if let bias { ck_add_row(&out.values, bias.values, rows, Int32(outputs)) }
    return out
}
