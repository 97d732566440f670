import CKernels
import Foundation

/// Mean of `(a − b)²`.
public func mseLoss(_ a: Tensor, _ b: Tensor) -> Float {
    precondition(a.shape == b.shape)
    return Float(ck_squared_difference(a.values, b.values, a.values.count) / Double(a.values.count))
}

/// Mean of `|a − b|`.
public func l1Loss(_ a: Tensor, _ b: Tensor) -> Float {
    precondition(a.shape == b.shape)
    return Float(ck_absolute_difference(a.values, b.values, a.values.count) / Double(a.values.count))
}

/// Mean of `−t·ln p − (1−t)·ln(1−p)` for probabilities `p`; logarithms are held at −100 or above, as PyTorch does.
public func binaryCrossEntropy(_ probabilities: Tensor, targets: [Float]) -> Float {
    precondition(probabilities.values.count == targets.count)
    let sum = zip(probabilities.values, targets).reduce(0.0) { sum, pair in
        let (p, t) = (Double(pair.0), Double(pair.1))
        return sum - t * max(log(p), -100) - (1 - t) * max(log(1 - p), -100)
    }
    return Float(sum / Double(targets.count))
}

/// Mean over rows of `−log softmax(x)[target]`.
///
/// - Parameters:
///   - logits: `[N, classes]`
///   - targets: `N` class indices
public func crossEntropy(_ logits: Tensor, targets: [Int]) -> Float {
    let classes = logits.shape[1]
    precondition(logits.shape[0] == targets.count && targets.allSatisfy { (0..<classes).contains($0) })
    var sum = 0.0
    for (row, target) in targets.enumerated() {
        let x = logits.values[row * classes..<(row + 1) * classes].map(Double.init)
        let largest = x.max() ?? 0
        sum += largest + log(x.reduce(0) { $0 + exp($1 - largest) }) - x[target]
    }
    return Float(sum / Double(targets.count))
}
