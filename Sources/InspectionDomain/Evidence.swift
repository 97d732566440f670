/// What speaks for an image score: its parts, as multiples of what is usual among flawless images.
package struct Evidence: Codable, Sendable, Equatable {
    /// The distance of the features' means over the whole image.
    package var pooled: Double
    /// The largest distance at one position.
    package var local: Double

    package init(pooled: Double, local: Double) { (self.pooled, self.local) = (pooled, local) }
}
