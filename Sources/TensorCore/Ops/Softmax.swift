import Foundation

/// `exp(x) / Σ exp(x)` along the last axis. It can be differentiated any number of times.
package func softmax(_ x: Variable) -> Variable {
    let logs = logProbabilities(x.value)
    return Variable(
        Tensor(shape: x.shape, values: logs.values.map { exp($0) }),
        from: (
            x,
            { g, pass in
                let weighted = g * softmax(pass(x))
                return weighted - softmax(pass(x)) * sum(weighted, axes: -1...(-1), keepingAxes: true)
            }
        ))
}

/// `log softmax(x)` along the last axis. It can be differentiated any number of times.
package func logSoftmax(_ x: Variable) -> Variable {
    Variable(
        logProbabilities(x.value),
        from: (x, { g, pass in g - softmax(pass(x)) * sum(g, axes: -1...(-1), keepingAxes: true) }))
}

/// The logarithms of the softmax, in double precision.
private func logProbabilities(_ x: Tensor) -> Tensor {
    let classes = x.shape.dimensions.last ?? 1
    var out = x
    for first in stride(from: 0, to: x.values.count, by: classes) {
        let row = x.values[first..<first + classes].map(Double.init)
        let largest = row.max() ?? 0
        let logSum = largest + log(row.reduce(0) { $0 + exp($1 - largest) })
        for (index, value) in row.enumerated() { out.values[first + index] = Float(value - logSum) }
    }
    return out
}
