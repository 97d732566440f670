/// Cosine of the angle between `a` and `b` along channels, `[…, C] → […]`; norms are held at 1e-8 or above. It can be
/// differentiated any number of times.
package func cosineSimilarity(_ a: Variable, _ b: Variable) -> Variable {
    let inverse = Pointwise.reciprocal
    return dot(a, b) * (inverse(norm(a)) * inverse(norm(b)))
}

/// `max(‖x‖, 1e-8)` along channels. A zero vector has the gradient 0.
private func norm(_ x: Variable) -> Variable {
    let floor: Float = 1e-8
    let length = Pointwise.squareRoot(dot(x.detached, x.detached)).value
    let isAbove = Variable(Tensor(shape: length.shape, values: length.values.map { $0 > floor ? 1 : 0 }))
    let held = Tensor(shape: length.shape, values: length.values.map { max($0, floor) })
    return Variable(
        held,
        from: (
            x,
            { g, pass in
                let kept = pass(x)
                let scale = g * isAbove / norm(kept)
                return kept * scale.reshaped(Shape(scale.shape.dimensions + [1]))
            }
        ))
}
