/// A connected region of the anomaly map above the pixel threshold, in the original image's pixels.
package struct Region: Codable, Sendable, Equatable {
    /// `[x, y, width, height]`, pixels, origin at the top left.
    package var bbox: [Int]
    /// Number of pixels in the region.
    package var area: Int
    /// `[x, y]`, the mean of the region's pixel coordinates (0 is the first column or row).
    package var centroid: [Double]
    /// Highest map value inside the region.
    package var peakScore: Double
    /// Mean map value inside the region.
    package var meanScore: Double

    package init(bbox: [Int], area: Int, centroid: [Double], peakScore: Double, meanScore: Double) {
        self.bbox = bbox
        self.area = area
        self.centroid = centroid
        self.peakScore = peakScore
        self.meanScore = meanScore
    }

    enum CodingKeys: String, CodingKey {
        case bbox, area, centroid
        case peakScore = "peak_score"
        case meanScore = "mean_score"
    }
}
