import CKernels
import Imaging

/// The pixels that a defect covers, as a person would mark them.
enum DefectMask {
    /// The share of a pixel that must be covered.
    private static let share: Float = 0.3
    /// Regions below this share of the largest one's area are specks of its rim. AUPRO counts every region alike,
    /// however small, and a speck is no defect of its own.
    private static let smallest = 0.02

    /// - Parameter coverage: of each pixel by the defect, 0 to 1.
    /// - Returns: 255 where the defect is.
    static func draw(_ coverage: [Float], width: Int, height: Int) -> Frame {
        var labels = [Int32](repeating: 0, count: width * height)
        // No two regions touch, so there are fewer than a quarter of the pixels.
        var regions = [ck_region](repeating: ck_region(), count: (width + 1) / 2 * ((height + 1) / 2))
        let count = ck_regions(
            coverage, Int32(height), Int32(width), share, &labels, &regions, Int32(regions.count))
        let areas = regions.prefix(Int(max(0, count))).map { Double($0.area) }
        let limit = smallest * (areas.max() ?? 0)
        let mask: [UInt8] = labels.map { $0 > 0 && areas[Int($0) - 1] >= limit ? 255 : 0 }
        return Frame(width: width, height: height, channels: 1, samples: .eight(mask))
    }
}
