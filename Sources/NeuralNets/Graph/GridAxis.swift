/// The positions of a feature map's cells on the network's image, along one axis.
///
/// A cell's centre is that of its receptive field. With zero padding and strides it differs from an even division of
/// the image: a symmetrically padded 3×3 convolution of stride 2 keeps its first cell on the first pixel. A map
/// stretched to the image without regard to this is displaced by up to half a cell.
package struct GridAxis: Sendable, Equatable {
    /// The number of cells.
    package let count: Int
    /// Centre of the first cell, in pixels of the network's image; pixel i has its centre at i.
    package let first: Double
    /// Pixels from one cell's centre to the next one's.
    package let step: Double

    package init(count: Int, first: Double, step: Double) {
        (self.count, self.first, self.step) = (count, first, step)
    }

    /// The image's own pixels.
    package static func pixels(_ count: Int) -> GridAxis { GridAxis(count: count, first: 0, step: 1) }

    /// `count` cells that divide `size` pixels evenly.
    package static func dividing(_ size: Int, into count: Int) -> GridAxis {
        let step = Double(size) / Double(count)
        return GridAxis(count: count, first: (step - 1) / 2, step: step)
    }

    /// Centre of a cell.
    package func centre(of cell: Int) -> Double { first + step * Double(cell) }

    /// The same cells, `offset` pixels further on.
    func moved(by offset: Double) -> GridAxis { GridAxis(count: count, first: first + offset, step: step) }

    /// The output cells of windows of `kernel` cells, `stride` apart, the first beginning `padding` cells before this
    /// axis.
    func windows(kernel: Int, stride: Int, padding: (before: Int, total: Int)) -> GridAxis {
        let centre = Double(kernel - 1) / 2 - Double(padding.before)
        return GridAxis(
            count: (count + padding.total - kernel) / stride + 1, first: first + step * centre,
            step: step * Double(stride))
    }

    /// One cell for the whole axis.
    var pooled: GridAxis {
        GridAxis(count: 1, first: first + step * Double(count - 1) / 2, step: step * Double(count))
    }
}
