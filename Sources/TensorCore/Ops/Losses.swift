import CKernels
import Foundation

// Losses over variables can be differentiated twice.

/// Mean of `(a − b)²`.
public func mseLoss(_ a: Tensor, _ b: Tensor) -> Float {
    precondition(a.shape == b.shape)
    return Float(ck_squared_difference(a.values, b.values, a.values.count) / Double(a.values.count))
}

/// Mean of `(a − b)²`, a scalar.
public func mseLoss(_ a: Variable, _ b: Variable) -> Variable {
    let scale = 2 / Float(a.value.values.count)
    return Variable(
        Tensor(shape: [], values: [mseLoss(a.value, b.value)]),
        from: (a, { g, pass in (pass(a) - pass(b)) * (g * scale) }),
        (b, { g, pass in (pass(b) - pass(a)) * (g * scale) }))
}

/// Mean of `|a − b|`.
public func l1Loss(_ a: Tensor, _ b: Tensor) -> Float {
    precondition(a.shape == b.shape)
    return Float(ck_absolute_difference(a.values, b.values, a.values.count) / Double(a.values.count))
}

/// Mean of `|a − b|`, a scalar.
public func l1Loss(_ a: Variable, _ b: Variable) -> Variable { mean(Pointwise.absolute(a - b)) }

/// Mean of `−t·ln p − (1−t)·ln(1−p)` for probabilities `p`; logarithms are held at −100 or above, as PyTorch does.
public func binaryCrossEntropy(_ probabilities: Tensor, targets: [Float]) -> Float {
    precondition(probabilities.values.count == targets.count)
    let sum = zip(probabilities.values, targets).reduce(0.0) { sum, pair in
        let (p, t) = (Double(pair.0), Double(pair.1))
        return sum - t * max(log(p), -100) - (1 - t) * max(log(1 - p), -100)
    }
    return Float(sum / Double(targets.count))
}

/// Mean of `−t·ln p − (1−t)·ln(1−p)`, a scalar. As PyTorch does, its gradient divides by `p(1−p)` held at 1e-12 or above.
public func binaryCrossEntropy(_ probabilities: Variable, targets: [Float]) -> Variable {
    let loss = binaryCrossEntropy(probabilities.value, targets: targets)
    return Variable(
        Tensor(shape: [], values: [loss]),
        from: (
            probabilities,
            { g, pass in
                let p = pass(probabilities), t = Variable(Tensor(shape: p.shape, values: targets))
                let spread = Pointwise.floored(at: 1e-12)(p - p * p)
                return (p - t) / spread * (g * (1 / Float(targets.count)))
            }
        ))
}

/// Mean over rows of `−log softmax(x)[target]`.
///
/// - Parameters:
///   - logits: `[N, classes]`
///   - targets: `N` class indices
public func crossEntropy(_ logits: Tensor, targets: [Int]) -> Float {
    let classes = logits.shape[1], logs = logSoftmax(logits)
    precondition(logits.shape[0] == targets.count && targets.allSatisfy { (0..<classes).contains($0) })
    let sum = targets.enumerated().reduce(0.0) { $0 - Double(logs.values[$1.offset * classes + $1.element]) }
    return Float(sum / Double(targets.count))
}

/// Mean over rows of `−log softmax(x)[target]`, a scalar, as for tensors.
public func crossEntropy(_ logits: Variable, targets: [Int]) -> Variable {
    let classes = logits.shape[1]
    return Variable(
        Tensor(shape: [], values: [crossEntropy(logits.value, targets: targets)]),
        from: (
            logits,
            { g, pass in
                var certain = Tensor(zeros: [targets.count, classes])
                for (row, target) in targets.enumerated() { certain.values[row * classes + target] = 1 }
                return (softmax(pass(logits)) - Variable(certain)) * (g * (1 / Float(targets.count)))
            }
        ))
}
