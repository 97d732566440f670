/// The part of the image that a result's anomaly map covers, and its scale: what a reader needs to lay it over the image.
///
/// A pixel of the map covers `box`'s width / `width` by its height / `height` pixels of the image; stretching is linear
/// between the centres of pixels, as most libraries do it.
package struct MapPlacement: Codable, Sendable, Equatable {
    /// In pixels of the map's own.
    package var width, height: Int
    /// `[x, y, width, height]` in the image's pixels.
    package var box: [Int]
    /// The value that the file's highest level stands for; higher values are cut off there.
    package var maximum: Double

    package init(width: Int, height: Int, box: [Int], maximum: Double) {
        (self.width, self.height) = (width, height)
        self.box = box
        self.maximum = maximum
    }
}
