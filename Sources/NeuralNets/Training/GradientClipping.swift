import TensorCore

/// Scales gradients down so that their norm, taken over all of them together, is at most `maximum` (Pascanu et al.
/// 2013); as PyTorch, by `maximum / (norm + 1e-6)`.
///
/// - Returns: the norm before.
@discardableResult
package func clip(_ gradients: inout [Tensor], toNorm maximum: Float) -> Float {
    let norm = Float(gradients.reduce(0.0) { $0 + $1.squaredNorm }.squareRoot())
    let factor = maximum / (norm + 1e-6)
    if factor < 1 { for index in gradients.indices { gradients[index].scale(by: factor) } }
    return norm
}
