import CKernels

// Sums, products and their broadcasts. The second operand may be smaller: its shape, aligned at the last axis as in
// NumPy, may lack or have size 1 in one run of axes, along which it is repeated.

/// `a + b`; the smaller operand is repeated to the larger one's shape.
package func + (a: Variable, b: Variable) -> Variable {
    if a.value.values.count < b.value.values.count { return b + a }
    if a.shape == b.shape {
        return Variable(elementwise(a.value, b.value, ck_add), from: (a, { g, _ in g }), (b, { g, _ in g }))
    }
    let repeated = Repetition(of: b.shape, in: a.shape)
    return Variable(
        repeated.add(a.value, b.value), from: (a, { g, _ in g }),
        (b, { [shape = b.shape] g, _ in contract(g, nil, repeated).reshaped(shape) }))
}

/// `a · b`, element by element; the smaller operand is repeated to the larger one's shape.
package func * (a: Variable, b: Variable) -> Variable {
    if a.value.values.count < b.value.values.count { return b * a }
    if a.shape == b.shape {
        return Variable(
            elementwise(a.value, b.value, ck_multiply), from: (a, { g, pass in g * pass(b) }),
            (b, { g, pass in g * pass(a) }))
    }
    let repeated = Repetition(of: b.shape, in: a.shape)
    return Variable(
        repeated.multiply(a.value, b.value), from: (a, { g, pass in g * pass(b) }),
        (b, { [shape = b.shape] g, pass in contract(g, pass(a), repeated).reshaped(shape) }))
}

package func - (a: Variable, b: Variable) -> Variable {
    guard a.shape == b.shape else { return a + -b }
    return Variable(elementwise(a.value, b.value, ck_subtract), from: (a, { g, _ in g }), (b, { g, _ in -g }))
}

package func / (a: Variable, b: Variable) -> Variable { a * Pointwise.reciprocal(b) }
package prefix func - (a: Variable) -> Variable { a.affine(scale: -1, shift: 0) }
package func * (a: Variable, b: Float) -> Variable { a.affine(scale: b, shift: 0) }
package func + (a: Variable, b: Float) -> Variable { a.affine(scale: 1, shift: b) }

extension Variable {
    /// `x · scale + shift`
    package func affine(scale: Float, shift: Float) -> Variable {
        let out = Tensor(shape: shape) { out in
            value.values.withUnsafeBufferPointer { x in
                Cores.shareElements(x.count) { part in
                    let first = part.lowerBound
                    ck_affine(x.baseAddress! + first, scale, shift, part.count, out + first)
                }
            }
        }
        return Variable(out, from: (self, { g, _ in g.affine(scale: scale, shift: 0) }))
    }

    /// The same values under another shape of as many elements.
    package func reshaped(_ shape: Shape) -> Variable {
        if shape == self.shape { return self }
        return Variable(
            value.reshaped(shape), from: (self, { [shape = self.shape] g, _ in g.reshaped(shape) }))
    }
}

/// The sum along a run of axes (negative ones count from the end).
///
/// - Parameter keepingAxes: whether the summed axes stay, with size 1.
package func sum(_ x: Variable, axes: ClosedRange<Int>, keepingAxes: Bool = false) -> Variable {
    let rank = x.shape.rank
    let (first, last) = (axes.lowerBound, axes.upperBound)
    precondition(first >= -rank && last < rank && (first < 0) == (last < 0), "axes \(axes) of \(x.shape)")
    let run = first < 0 ? (first + rank)...(last + rank) : axes
    var kept = x.shape.dimensions
    for axis in run { kept[axis] = 1 }
    let repeated = Repetition(of: Shape(kept), in: x.shape)
    if !keepingAxes { kept.removeSubrange(run) }
    return contract(x, nil, repeated).reshaped(Shape(kept))
}

/// The mean along a run of axes (negative ones count from the end).
package func mean(_ x: Variable, axes: ClosedRange<Int>, keepingAxes: Bool = false) -> Variable {
    let total = sum(x, axes: axes, keepingAxes: keepingAxes)
    return total * (Float(total.value.values.count) / Float(x.value.values.count))
}

/// The sum of all elements, a scalar.
package func sum(_ x: Variable) -> Variable { contract(x, nil, Repetition(of: [], in: x.shape)).reshaped([]) }
/// The mean of all elements, a scalar.
package func mean(_ x: Variable) -> Variable { sum(x) * (1 / Float(x.value.values.count)) }

/// `Σ a · b` along the last axis, `[…, C] → […]`.
package func dot(_ a: Variable, _ b: Variable) -> Variable {
    precondition(a.shape == b.shape, "\(a.shape) · \(b.shape)")
    let kept = Shape(a.shape.dimensions.dropLast() + [1])
    return contract(a, b, Repetition(of: kept, in: a.shape)).reshaped(Shape(Array(a.shape.dimensions.dropLast())))
}

/// `out[outer, inner] = Σ_middle a · b`, or `Σ_middle a`: the sum that undoes a repetition.
private func contract(_ a: Variable, _ b: Variable?, _ repeated: Repetition) -> Variable {
    let out = repeated.contract(a.value, b?.value)
    guard let b else { return Variable(out, from: (a, { [shape = a.shape] g, _ in spread(g, repeated, shape) })) }
    return Variable(
        out, from: (a, { g, pass in pass(b) * g.reshaped(repeated.small) }),
        (b, { g, pass in pass(a) * g.reshaped(repeated.small) }))
}

/// `small` repeated to `shape`: the gradient of a sum.
private func spread(_ small: Variable, _ repeated: Repetition, _ shape: Shape) -> Variable {
    Variable(
        repeated.spread(small.value, to: shape),
        from: (small, { [shape = small.shape] g, _ in contract(g, nil, repeated).reshaped(shape) }))
}

private func elementwise(
    _ a: Tensor, _ b: Tensor,
    _ kernel: (UnsafePointer<Float>?, UnsafePointer<Float>?, Int, UnsafeMutablePointer<Float>?) -> Void
) -> Tensor {
    Tensor(shape: a.shape) { out in
        a.values.withUnsafeBufferPointer { a in
            b.values.withUnsafeBufferPointer { b in
                Cores.shareElements(a.count) { part in
                    let first = part.lowerBound
                    kernel(a.baseAddress! + first, b.baseAddress! + first, part.count, out + first)
                }
            }
        }
    }
}
