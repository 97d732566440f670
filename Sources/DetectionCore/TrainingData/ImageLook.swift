import Imaging

/// The coarse appearance of an image: colours and their spread on a grid of 8 × 8, as shares of full scale.
struct ImageLook: Sendable {
    static let grid = 8
    private static let side = 64
    static let count = grid * grid * 4

    /// `[8, 8, 4]`: mean red, green and blue of a cell, and the deviation of grey in it.
    let values: [Float]

    init(_ frame: Frame) {
        var pixels = [Float](repeating: 0, count: Self.side * Self.side * 3)
        pixels.withUnsafeMutableBufferPointer {
            frame.fillNetworkInput($0, width: Self.side, height: Self.side, mean: [0, 0, 0], std: [1, 1, 1])
        }
        let cell = Self.side / Self.grid, size = Float(cell * cell)
        var values = [Float](repeating: 0, count: Self.count)
        for row in 0..<Self.grid {
            for column in 0..<Self.grid {
                var sums: SIMD4<Float> = .zero, squares: Float = 0
                for y in row * cell..<(row + 1) * cell {
                    for x in column * cell..<(column + 1) * cell {
                        let place = (y * Self.side + x) * 3
                        let colour = SIMD4(pixels[place], pixels[place + 1], pixels[place + 2], 0)
                        let grey = colour.sum() / 3
                        sums += colour
                        sums[3] += grey
                        squares += grey * grey
                    }
                }
                let means = sums / size, start = (row * Self.grid + column) * 4
                (values[start], values[start + 1], values[start + 2]) = (means[0], means[1], means[2])
                values[start + 3] = max(0, squares / size - means[3] * means[3]).squareRoot()
            }
        }
        self.values = values
    }

    /// Root mean square of the differences; 1 from black to white.
    func distance(to other: ImageLook) -> Float {
        var sum: Float = 0
        for index in values.indices {
            let difference = values[index] - other.values[index]
            sum += difference * difference
        }
        return (sum / Float(values.count)).squareRoot()
    }
}
