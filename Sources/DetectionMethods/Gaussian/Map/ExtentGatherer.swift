import CKernels
import NeuralNets

/// Features of a map's positions at each extent.
struct ExtentGatherer {
    let cells: PositionGatherer
    /// By extent: `[positions, channels]`.
    private(set) var values: [[Float]]
    private let extents: [(extent: PositionGaussians.Extent, channels: Int)]

    /// - Parameter extents: with their numbers of channels, the cells first.
    init(cells: PositionGatherer, extents: [(PositionGaussians.Extent, Int)]) {
        self.cells = cells
        self.extents = extents
        values = extents.map { extent, channels in
            let positions = extent.count(cells: cells.rows.count) * extent.count(cells: cells.columns.count)
            return [Float](repeating: 0, count: positions * channels)
        }
    }

    mutating func gather(_ features: [FeatureMap]) {
        cells.gather(features, into: &values[0])
        let cellValues = values[0]
        for index in extents.indices.dropFirst() {
            ck_window_means(
                cellValues, Int32(cells.rows.count), Int32(cells.columns.count), Int32(extents[0].channels),
                Int32(extents[index].channels), &values[index])
        }
    }
}
