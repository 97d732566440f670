import CKernels

/// Sizes of a tensor's dimensions, outermost first.
package struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
    package let dimensions: [Int]

    package init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "a dimension cannot be negative: \(dimensions)")
        self.dimensions = dimensions
    }

    package init(arrayLiteral elements: Int...) { self.init(elements) }

    package var rank: Int { dimensions.count }
    /// Number of elements; 1 for a scalar.
    package var count: Int { dimensions.reduce(1, *) }
    package subscript(axis: Int) -> Int { dimensions[axis] }
    package var description: String { "\(dimensions)" }
}

/// A dense float32 array, row-major. Images and feature maps are channels-last: `[batch, height, width, channels]`;
/// convolution weights are `[kernel height, kernel width, input channels / groups, output channels]`, so that a
/// convolution is one matrix product of its unrolled input with its weights.
package struct Tensor: Sendable, Equatable {
    package let shape: Shape
    /// `shape.count` values, the last dimension contiguous.
    package var values: [Float]

    package init(shape: Shape, values: [Float]) {
        precondition(values.count == shape.count, "\(values.count) values for shape \(shape)")
        self.shape = shape
        self.values = values
    }

    package init(zeros shape: Shape) {
        self.init(shape: shape, values: [Float](repeating: 0, count: shape.count))
    }

    /// A tensor whose values `fill` writes; large results are not cleared first.
    package init(shape: Shape, filledBy fill: (UnsafeMutablePointer<Float>) -> Void) {
        let count = shape.count
        let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { fill(base) }
            initialized = count
        }
        self.init(shape: shape, values: values)
    }

    package init(repeating value: Float, shape: Shape) {
        self.init(shape: shape, values: [Float](repeating: value, count: shape.count))
    }

    /// Adds another tensor of this shape, in place if the values are not shared.
    package mutating func add(_ other: Tensor) {
        precondition(shape == other.shape, "\(shape) + \(other.shape)")
        values.withUnsafeMutableBufferPointer { sum in
            guard let sum = sum.baseAddress else { return }
            Cores.shareElements(other.values.count) { part in
                let (first, count) = (part.lowerBound, part.count)
                other.values.withUnsafeBufferPointer {
                    ck_add(sum + first, $0.baseAddress! + first, count, sum + first)
                }
            }
        }
    }

    /// Multiplies every value, in place if the values are not shared.
    package mutating func scale(by factor: Float) {
        let count = values.count
        values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            Cores.shareElements(count) { part in
                ck_affine(base + part.lowerBound, factor, 0, part.count, base + part.lowerBound)
            }
        }
    }

    /// `Σ x²`
    package var squaredNorm: Double { ck_dot(values, values, values.count) }

    /// The same values under another shape of as many elements.
    package func reshaped(_ shape: Shape) -> Tensor { Tensor(shape: shape, values: values) }

    /// The tensor with its dimensions in another order: `result.shape[i] == shape[order[i]]`.
    package func transposed(_ order: [Int]) -> Tensor {
        precondition(order.sorted() == Array(0..<shape.rank), "\(order) is not an order of \(shape.rank) axes")
        let sizes = order.map { shape[$0] }
        var strides = [Int](repeating: 1, count: shape.rank)
        for axis in stride(from: shape.rank - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * shape[axis + 1]
        }
        let steps = order.map { strides[$0] }
        var result = [Float](repeating: 0, count: values.count)
        var index = [Int](repeating: 0, count: sizes.count)
        var source = 0
        for position in result.indices {
            result[position] = values[source]
            var axis = sizes.count - 1
            while axis >= 0 {
                index[axis] += 1
                source += steps[axis]
                if index[axis] < sizes[axis] { break }
                source -= steps[axis] * sizes[axis]
                index[axis] = 0
                axis -= 1
            }
        }
        return Tensor(shape: Shape(sizes), values: result)
    }

    /// From the frameworks' `[N, C, H, W]` to our `[N, H, W, C]`.
    package func channelsLast() -> Tensor { transposed([0, 2, 3, 1]) }
    /// A convolution's weights from the frameworks' `[O, I/g, kh, kw]` to our `[kh, kw, I/g, O]`.
    package func kernelLast() -> Tensor { transposed([2, 3, 1, 0]) }
}
