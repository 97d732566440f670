import CKernels
import Foundation
import Imaging
import InspectionDomain

extension AnomalyMap {
    /// The map stretched bilinearly to another size, with pixel centres at halves. No value exceeds the map's own
    /// maximum.
    package func resized(width newWidth: Int, height newHeight: Int) -> AnomalyMap {
        AnomalyMap(
            width: newWidth, height: newHeight,
            values: Overlay.upsample(values, width: width, height: height, toWidth: newWidth, toHeight: newHeight))
    }

    /// Gaussian smoothing, borders reflected, cut off at 4 σ.
    package func smoothed(sigma: Float) -> AnomalyMap {
        guard sigma > 0 else { return self }
        let radius = Int((4 * sigma).rounded())
        var taps = (-radius...radius).map { exp(-Float($0 * $0) / (2 * sigma * sigma)) }
        let sum = taps.reduce(0, +)
        for index in taps.indices { taps[index] /= sum }
        var scratch = values, out = values
        ck_smooth(values, Int32(height), Int32(width), taps, Int32(radius), &scratch, &out)
        return AnomalyMap(width: width, height: height, values: out)
    }
}

/// The anomalous regions of a frame: the map's 8-connected regions above the pixel threshold, at the image's size.
package struct RegionMap: Sendable {
    /// Highest peak first.
    package let regions: [Region]
    package let width, height: Int
    /// 0 outside, 255 inside; `width × height`.
    package let mask: [UInt8]

    /// The maximal number of listed regions, those with the highest peaks; the mask holds them all.
    package static let capacity = 256

    /// - Parameters:
    ///   - map: covering the image at any size.
    ///   - threshold: a pixel is anomalous if its value is strictly above.
    package init(_ map: AnomalyMap, threshold: Float, width: Int, height: Int) {
        self.width = width
        self.height = height
        // Bilinear stretching never exceeds the maximum, so the common case costs nothing.
        guard map.maximum > threshold else {
            regions = []
            mask = [UInt8](repeating: 0, count: width * height)
            return
        }
        let full = map.resized(width: width, height: height)
        var labels = [Int32](repeating: 0, count: width * height)
        var found = [ck_region](repeating: ck_region(), count: Self.capacity)
        var count = ck_regions(full.values, Int32(height), Int32(width), threshold, &labels, &found, Int32(found.count))
        if Int(count) > found.count {
            // A shattered map: all regions are described before the highest are picked.
            found = [ck_region](repeating: ck_region(), count: Int(count))
            count = ck_regions(full.values, Int32(height), Int32(width), threshold, &labels, &found, count)
        }
        mask = labels.map { $0 == 0 ? 0 : 255 }
        let described = found.prefix(max(0, Int(count))).sorted { $0.peak > $1.peak }
        regions = described.prefix(Self.capacity).map { region in
            let area = Double(region.area)
            return Region(
                bbox: [
                    Int(region.left), Int(region.top), Int(region.right - region.left) + 1,
                    Int(region.bottom - region.top) + 1,
                ],
                area: Int(region.area), centroid: [region.sum_x / area, region.sum_y / area],
                peakScore: Double(region.peak), meanScore: region.sum / area)
        }
    }
}
