/// A connected region of the anomaly map above the pixel threshold, in the original image's pixels.
public struct Region: Codable, Sendable, Equatable {
    /// `[x, y, width, height]`, pixels, origin at the top left.
    public var bbox: [Int]
    /// Number of pixels in the region.
    public var area: Int
    /// `[x, y]`, the mean of the region's pixel coordinates (0 is the first column or row).
    public var centroid: [Double]
    /// Highest map value inside the region.
    public var peakScore: Double
    /// Mean map value inside the region.
    public var meanScore: Double

    public init(bbox: [Int], area: Int, centroid: [Double], peakScore: Double, meanScore: Double) {
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
