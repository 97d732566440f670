import CKernels
import NeuralNets

/// Features of a map's positions at each extent.
struct ExtentGatherer {
    let cells: PositionGatherer
    private let extents: [(extent: PositionGaussians.Extent, channels: Int)]

    /// - Parameter extents: with their numbers of channels, the cells first.
    init(cells: PositionGatherer, extents: [(PositionGaussians.Extent, Int)]) {
        self.cells = cells
        self.extents = extents
    }

    /// By extent: `[positions, channels]`.
    func gather(_ features: [FeatureMap]) -> [[Float]] {
        var cellValues = [Float](repeating: 0, count: cells.count)
        cells.gather(features, into: &cellValues)
        return [cellValues]
            + extents.dropFirst().map { extent, channels in
                let positions = extent.count(cells: cells.rows.count) * extent.count(cells: cells.columns.count)
                var values = [Float](repeating: 0, count: positions * channels)
                ck_window_means(
                    cellValues, Int32(cells.rows.count), Int32(cells.columns.count), Int32(extents[0].channels),
                    Int32(channels), &values)
                return values
            }
    }
}
