/// Variables joined along the last axis: `[…, C₁], […, C₂], … → […, C₁ + C₂ + …]`. It can be differentiated any number
/// of times.
package func concatenateChannels(_ parts: [Variable]) -> Variable {
    precondition(!parts.isEmpty)
    let leading = parts[0].shape.dimensions.dropLast()
    precondition(parts.allSatisfy { $0.shape.dimensions.dropLast() == leading }, "\(parts.map(\.shape)) side by side")
    var first = 0
    let formulas = parts.map { part -> (Variable, Node.Partial) in
        let columns = first..<first + part.value.width
        first = columns.upperBound
        return (part, { g, _ in g.slice(channels: columns) })
    }
    let total = first
    let out = Tensor(shape: Shape(leading + [total])) { out in
        var first = 0
        for part in parts {
            part.value.copyColumns(into: out + first, stride: total)
            first += part.value.width
        }
    }
    return Variable(out, from: formulas)
}

extension Variable {
    /// Some of the last axis's elements: `[…, C] → […, channels.count]`. It can be differentiated any number of times.
    package func slice(channels: Range<Int>) -> Variable {
        let width = value.width, leading = Array(shape.dimensions.dropLast())
        precondition(channels.lowerBound >= 0 && channels.upperBound <= width, "channels \(channels) of \(shape)")
        let out = Tensor(shape: Shape(leading + [channels.count])) { out in
            value.copyColumns(channels, into: out, stride: channels.count)
        }
        return Variable(out, from: (self, { g, _ in g.padded(before: channels.lowerBound, to: width) }))
    }

    /// Zeros around the last axis's elements: the gradient of a slice.
    private func padded(before: Int, to width: Int) -> Variable {
        let own = value.width
        var out = Tensor(zeros: Shape(shape.dimensions.dropLast() + [width]))
        out.values.withUnsafeMutableBufferPointer { out in
            if let base = out.baseAddress { value.copyColumns(into: base + before, stride: width) }
        }
        return Variable(out, from: (self, { g, _ in g.slice(channels: before..<before + own) }))
    }
}

extension Tensor {
    /// Size of the last axis.
    fileprivate var width: Int { shape.dimensions.last ?? 1 }

    /// Copies these columns (nil for all) of the matrix `[…, C]` into one whose rows are `stride` apart.
    fileprivate func copyColumns(_ columns: Range<Int>? = nil, into out: UnsafeMutablePointer<Float>, stride: Int) {
        let columns = columns ?? 0..<width
        guard width > 0 else { return }
        values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            Cores.share(values.count / width, grain: max(1, 16_384 / width)) { rows in
                for row in rows {
                    (out + row * stride).update(from: base + row * width + columns.lowerBound, count: columns.count)
                }
            }
        }
    }
}
