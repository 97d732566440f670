import CKernels
import Foundation

// Losses over variables can be differentiated twice.

/// Mean of `(a − b)²`, a scalar.
package func mseLoss(_ a: Variable, _ b: Variable) -> Variable {
    precondition(a.shape == b.shape, "\(a.shape) − \(b.shape)")
    let count = a.value.values.count, scale = 2 / Float(count)
    let squares = ck_squared_difference(a.value.values, b.value.values, count)
    return Variable(
        Tensor(shape: [], values: [Float(squares / Double(count))]),
        from: (a, { g, pass in (pass(a) - pass(b)) * (g * scale) }),
        (b, { g, pass in (pass(b) - pass(a)) * (g * scale) }))
}

/// Mean of `|a − b|`, a scalar.
package func l1Loss(_ a: Variable, _ b: Variable) -> Variable { mean(Pointwise.absolute(a - b)) }

/// Mean of `−t·ln p − (1−t)·ln(1−p)` for probabilities `p`, a scalar. As PyTorch does, logarithms are held at −100 or
/// above, and the gradient divides by `p(1−p)` held at 1e-12 or above.
package func binaryCrossEntropy(_ probabilities: Variable, targets: [Float]) -> Variable {
    precondition(probabilities.value.values.count == targets.count)
    let sum = zip(probabilities.value.values, targets).reduce(0.0) { sum, pair in
        let (p, t) = (Double(pair.0), Double(pair.1))
        return sum - t * max(log(p), -100) - (1 - t) * max(log(1 - p), -100)
    }
    return Variable(
        Tensor(shape: [], values: [Float(sum / Double(targets.count))]),
        from: (
            probabilities,
            { g, pass in
                let p = pass(probabilities), t = Variable(Tensor(shape: p.shape, values: targets))
                let spread = Pointwise.floored(at: 1e-12)(p - p * p)
                return (p - t) / spread * (g * (1 / Float(targets.count)))
            }
        ))
}

/// Mean over rows of `−log softmax(x)[target]`, a scalar.
///
/// - Parameters:
///   - logits: `[N, classes]`
///   - targets: `N` class indices
package func crossEntropy(_ logits: Variable, targets: [Int]) -> Variable {
    let classes = logits.shape[1], logs = logSoftmax(logits.detached).value
    precondition(logits.shape[0] == targets.count && targets.allSatisfy { (0..<classes).contains($0) })
    let sum = targets.enumerated().reduce(0.0) { $0 - Double(logs.values[$1.offset * classes + $1.element]) }
    return Variable(
        Tensor(shape: [], values: [Float(sum / Double(targets.count))]),
        from: (
            logits,
            { g, pass in
                var certain = Tensor(zeros: [targets.count, classes])
                for (row, target) in targets.enumerated() { certain.values[row * classes + target] = 1 }
                return (softmax(pass(logits)) - Variable(certain)) * (g * (1 / Float(targets.count)))
            }
        ))
}
