import CKernels

/// The sums that the Gaussians of one extent's positions need.
struct PositionMoments {
    let extent: PositionGaussians.Extent
    let height, width, channels: Int
    /// `[positions, channels]`
    private(set) var sum: [Double]
    /// Lower triangles, row by row.
    private(set) var outer: [Double]

    /// - Parameters:
    ///   - rows: of cells, as are `columns`.
    init(_ extent: PositionGaussians.Extent, rows: Int, columns: Int, channels: Int) {
        (self.extent, self.channels) = (extent, channels)
        (height, width) = (extent.count(cells: rows), extent.count(cells: columns))
        sum = [Double](repeating: 0, count: height * width * channels)
        outer = [Double](repeating: 0, count: height * width * channels * (channels + 1) / 2)
    }

    /// Adds an image's values, `[positions, channels]`.
    mutating func add(_ values: [Float]) {
        ck_accumulate_positions(values, Int32(height * width), Int32(channels), &sum, &outer)
    }
}
