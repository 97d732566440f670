import CKernels
import DetectionCore
import Foundation
import NeuralNets

/// Maps one Gaussian per position, at one or more extents.
///
/// Each extent sees other defects: a cell a scratch, a window an area that is wrong as a whole, a window's texture an
/// area whose brightness or roughness is. Their distances are added as multiples of the usual ones, and evidence is
/// shared among neighbouring cells that look alike: it fills the defect and stops at its border. At last the map is
/// compared with its own middle, so that an image that is a little unusual everywhere does not hide its defect, and each
/// value with the highest one nearby, so that a strong defect stands out from its halo.
final class PositionMapper: PixelMapper {
    private let gaussians: PositionGaussians
    private let gatherer: ExtentGatherer

    init(_ gaussians: PositionGaussians, _ maps: [FeatureMap], _ indices: [Int]) throws {
        self.gaussians = gaussians
        let cells = try PositionGatherer(
            maps: maps, indices: indices, channels: gaussians.channels,
            size: (height: gaussians.height, width: gaussians.width))
        gatherer = ExtentGatherer(cells: cells, extents: gaussians.views.map { ($0.extent, $0.channels) })
    }

    func map(_ features: [FeatureMap], width: Int, height: Int) -> (map: AnomalyMap, largest: [Double]) {
        let values = gatherer.gather(features)
        let distances = zip(gaussians.views, values).map { $0.0.distances($0.1) }
        return (map(distances, cells: values[0], width: width, height: height), largest(distances))
    }

    /// The whitened differences from each view's mean, `[positions, channels]`: their lengths are the distances.
    func whitened(_ features: [FeatureMap]) -> (views: [[Float]], cells: [Float]) {
        let values = gatherer.gather(features)
        return (zip(gaussians.views, values).map { $0.0.whitened($0.1) }, values[0])
    }

    var views: [PositionGaussians.View] { gaussians.views }

    /// The largest distance of each view that counts in the image score.
    func largest(_ distances: [[Float]]) -> [Double] {
        zip(gaussians.views, distances).filter { $0.0.extent.isScored }.map { Double($0.1.max() ?? 0) }
    }

    /// The map of one image.
    /// - Parameters:
    ///   - distances: of each view.
    ///   - cells: the image's features at the cells.
    func map(_ distances: [[Float]], cells: [Float], width: Int, height: Int) -> AnomalyMap {
        var values = distances[0]
        if !gaussians.deviations.isEmpty { values = spread(combined(distances), cells) }
        var out = [Float](repeating: 0, count: width * height)
        let (rows, columns) = (gatherer.cells.rows.cells, gatherer.cells.columns.cells)
        ck_spread_add(values, rows, columns, Int32(height), Int32(width), &out)
        return AnomalyMap(width: width, height: height, values: out)
    }

    /// The views' distances as multiples of the usual ones, on the cells.
    private func combined(_ distances: [[Float]]) -> [Float] {
        let sum = gaussians.views.reduce(0) { $0 + $1.extent.weight }
        var out = [Float](repeating: 0, count: gaussians.height * gaussians.width)
        for (view, distances) in zip(gaussians.views, distances) {
            let scale = view.extent.weight / sum / view.usual, step = Double(view.extent.step)
            ck_spread_add(
                distances.map { scale * $0 }, ck_axis(count: Int32(view.height), first: (step - 1) / 2, step: step),
                ck_axis(count: Int32(view.width), first: (step - 1) / 2, step: step), Int32(gaussians.height),
                Int32(gaussians.width), &out)
        }
        return out
    }

    /// Evidence shared among neighbours that look alike, and compared with the map's middle.
    private func spread(_ values: [Float], _ cells: [Float]) -> [Float] {
        let d = gaussians.channels.count
        var standardized = [Float](repeating: 0, count: cells.count)
        for position in 0..<gaussians.height * gaussians.width {
            for channel in 0..<d {
                let at = position * d + channel
                standardized[at] = (cells[at] - gaussians.views[0].mean[at]) / gaussians.deviations[channel]
            }
        }
        let out = AlikeMean.of(
            values, features: standardized, rows: gaussians.height, columns: gaussians.width, channels: d)
        let middle = out.sorted()[out.count / 2]
        let divisor = powf(max(middle, Self.leastMiddle), Self.contrast)
        var highest = out
        guard
            ck_local_maximum(out, Int32(gaussians.height), Int32(gaussians.width), Int32(Self.haloRadius), &highest)
                == 0
        else { return out.map { $0 / divisor } }
        return zip(out, highest).map { $1 > 0 ? $0 / divisor * powf($0 / $1, Self.sharpness) : 0 }
    }

    /// The power of the map's middle by which the map is divided: 0 would leave it as it is, 1 would only compare an
    /// image's places with each other.
    private static let contrast: Float = 0.6
    /// The power of the share that a value is of the highest one nearby, by which the map is multiplied: a strong
    /// defect's halo must not outshine a weak defect elsewhere.
    private static let sharpness: Float = 0.3
    /// Cells on either side that count as nearby.
    private static let haloRadius = 2
    /// The least middle, in multiples of the usual: an image without content divides by no zero.
    private static let leastMiddle: Float = 0.1
}
