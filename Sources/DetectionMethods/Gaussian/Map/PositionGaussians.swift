/// The Gaussians of the map's positions.
package struct PositionGaussians: Sendable {
    /// The part of the image around a position that a Gaussian sees.
    package enum Extent: String, Sendable, CaseIterable {
        /// One cell of the map.
        case cell
        /// The mean over 4×4 cells, one window for every two cells in both directions.
        case window
        /// The same windows, only the channels of the first half of the taps, which are the finest: light and roughness.
        case texture

        /// Cells from one position to the next.
        var step: Int { self == .cell ? 1 : 2 }
        /// Its weight in the map.
        var weight: Float { self == .texture ? 2 : 1 }
        /// Whether its largest distance counts in the image score.
        var isScored: Bool { self != .texture }

        /// The number of its positions along an axis of so many cells.
        func count(cells: Int) -> Int { (cells + step - 1) / step }
    }

    /// The Gaussians of one extent.
    package struct View: Sendable {
        package let extent: Extent
        package let height, width: Int
        /// The number of channels: the first of the model's.
        package let channels: Int
        /// `[positions, channels]`
        package let mean: [Float]
        package let whitening: PositionWhitening
        /// The usual distance of flawless images that it does not know; 1 where it was not measured.
        package let usual: Float

        var positions: Int { height * width }
    }

    package let taps: [String]
    /// Cells of the map.
    package let height, width: Int
    /// Indices into the taps' channels, concatenated in their order.
    package let channels: [Int]
    /// The cells' view first.
    package let views: [View]
    /// Standard deviation of each channel about its position's mean. Empty in models with cells alone: their map is the
    /// distances as they are.
    package let deviations: [Float]
}
