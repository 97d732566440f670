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

extension AnomalyMap {
    /// The value below which a pixel belongs to the halo of a stronger one nearby, for each pixel.
    ///
    /// A network sees a defect from all positions whose receptive field touches it, so a strong defect lifts the map
    /// above the threshold far around itself. The defect is what reaches most of the highest value nearby.
    package func halo() -> AnomalyMap {
        var out = values
        let radius = max(1, Int((Self.haloRadius * Float(min(width, height))).rounded()))
        guard ck_local_maximum(values, Int32(height), Int32(width), Int32(radius), &out) == 0 else {
            return AnomalyMap(width: width, height: height, values: values.map { 2 * min($0, 0) - 1 })
        }
        // Where nothing nearby is above zero there is no halo.
        return AnomalyMap(width: width, height: height, values: out.map { $0 > 0 ? Self.haloShare * $0 : 2 * $0 - 1 })
    }

    /// Of the highest value nearby. Measured on drawn defects: docs/studies/2026-11-30-gaussian-evidence.md.
    private static let haloShare: Float = 0.7
    /// The distance that counts as nearby, in shorter sides: about the receptive field of the usual levels.
    private static let haloRadius: Float = 3.0 / 14
}

extension AnomalyMap {
    /// The value above which the map shows regions: verdict and regions say the same.
    ///
    /// A normal frame shows none. An anomalous one whose map stays below the pixel threshold shows its strongest
    /// evidence, unless the image as a whole is what is unusual.
    package func regionThreshold(isAnomalous: Bool, isWholeImage: Bool, pixelThreshold: Double) -> Float {
        let pixelThreshold = Float(pixelThreshold)
        if !isAnomalous { return .infinity }
        if maximum > pixelThreshold || isWholeImage { return pixelThreshold }
        // Between the map's middle and its peak, so that a flat map shows nothing.
        let sorted = values.sorted(), middle = sorted[sorted.count / 2]
        return middle + Self.strongest * (maximum - middle)
    }

    /// The share of the way from the map's median to its maximum above which the strongest evidence is shown.
    private static let strongest: Float = 0.75
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
    ///   - halo: values at or below which a pixel is left out all the same; covering the image at any size.
    package init(_ map: AnomalyMap, threshold: Float, halo: AnomalyMap? = nil, width: Int, height: Int) {
        self.width = width
        self.height = height
        // Bilinear stretching never exceeds the maximum, so the common case costs nothing.
        guard map.maximum > threshold else {
            regions = []
            mask = [UInt8](repeating: 0, count: width * height)
            return
        }
        let full = map.resized(width: width, height: height)
        let floor = halo?.resized(width: width, height: height)
        var values = full.values
        if let floor {
            for index in values.indices where values[index] <= floor.values[index] { values[index] = -.infinity }
        }
        var labels = [Int32](repeating: 0, count: width * height)
        var found = [ck_region](repeating: ck_region(), count: Self.capacity)
        var count = ck_regions(values, Int32(height), Int32(width), threshold, &labels, &found, Int32(found.count))
        if Int(count) > found.count {
            // A shattered map: all regions are described before the highest are picked.
            found = [ck_region](repeating: ck_region(), count: Int(count))
            count = ck_regions(values, Int32(height), Int32(width), threshold, &labels, &found, count)
        }
        found.removeLast(found.count - max(0, Int(count)))
        let shoulders = floor == nil ? [] : Self.shoulders(full, labels, found)
        mask = labels.map { $0 == 0 || shoulders.contains($0) ? 0 : 255 }
        let described = found.indices.filter { !shoulders.contains(Int32($0 + 1)) }.map { found[$0] }
            .sorted { $0.peak > $1.peak }
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

    /// Labels of the regions that only continue a halo beyond what is near its peak: a pixel beside them is higher.
    private static func shoulders(_ map: AnomalyMap, _ labels: [Int32], _ regions: [ck_region]) -> Set<Int32> {
        var found: Set<Int32> = []
        for y in 0..<map.height {
            for x in 0..<map.width where labels[y * map.width + x] != 0 {
                let label = labels[y * map.width + x], peak = regions[Int(label) - 1].peak
                for row in max(0, y - 1)...min(map.height - 1, y + 1) {
                    for column in max(0, x - 1)...min(map.width - 1, x + 1)
                    where labels[row * map.width + column] == 0 && map.values[row * map.width + column] > peak {
                        found.insert(label)
                    }
                }
            }
        }
        return found
    }
}
