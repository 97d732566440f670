import TensorCore

/// A parameter's layout in a weight file, and its conversion to the operations' layout.
package struct ParameterLayout: Sendable, Equatable {
    /// The shape in the file: the frameworks' layout.
    package let fileShape: [Int]
    /// The same values with merged axes of the file split, or without axes of size 1.
    private let view: [Int]
    /// `view`'s axes in our order.
    private let order: [Int]
    /// Our shape: `view`'s axes in `order`, some of them merged.
    private let shape: Shape

    /// A vector.
    static func plain(_ count: Int) -> ParameterLayout {
        ParameterLayout(fileShape: [count], view: [count], order: [0], shape: [count])
    }

    /// `[O, I, k, k] → [k, k, I, O]`
    static func convolution(_ fileShape: [Int]) -> ParameterLayout {
        ParameterLayout(
            fileShape: fileShape, view: fileShape, order: [2, 3, 1, 0],
            shape: [fileShape[2], fileShape[3], fileShape[1], fileShape[0]])
    }

    /// `[O, I] → [1, 1, I, O]`
    static func linear(outputs: Int, inputs: Int) -> ParameterLayout {
        ParameterLayout(
            fileShape: [outputs, inputs], view: [outputs, inputs], order: [1, 0], shape: [1, 1, inputs, outputs])
    }

    /// `[1, C, s, s] → [s, s, C]`
    static func grid(channels: Int, size: Int) -> ParameterLayout {
        ParameterLayout(
            fileShape: [1, channels, size, size], view: [channels, size, size], order: [1, 2, 0],
            shape: [size, size, channels])
    }

    /// `[1, C · H · W, s, s] → [s, s, H · W · C]`: channels last in the samples too, so that a sample unfolds to a map
    /// without moving anything.
    static func gridOfMaps(channels: Int, height: Int, width: Int, size: Int) -> ParameterLayout {
        let count = channels * height * width
        return ParameterLayout(
            fileShape: [1, count, size, size], view: [channels, height, width, size, size], order: [3, 4, 1, 2, 0],
            shape: [size, size, count])
    }

    /// From the file's order of values to ours.
    func tensor(_ values: [Float]) -> Tensor {
        Tensor(shape: Shape(view), values: values).transposed(order).reshaped(shape)
    }

    /// From ours to the file's.
    package func stored(_ tensor: Tensor) -> StoredTensor {
        var back = [Int](repeating: 0, count: order.count)
        for (ours, files) in order.enumerated() { back[files] = ours }
        let viewed = tensor.reshaped(Shape(order.map { view[$0] })).transposed(back)
        return StoredTensor(floats: viewed.values, shape: fileShape)
    }
}
