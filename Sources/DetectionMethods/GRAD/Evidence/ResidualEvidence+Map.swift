import CKernels
import DetectionCore
import NeuralNets

extension ResidualEvidence {
    /// The mean of a map and of its evidence shared among neighbouring blocks whose features look alike: it fills an
    /// area that is wrong as a whole and stops at its border.
    /// - Parameter features: the image's, means over the blocks.
    func shared(_ map: AnomalyMap, features: [Float]) -> AnomalyMap {
        let (rows, columns, channels) = (residuals.height, residuals.width, residuals.channels)
        var standardized = features
        for at in standardized.indices { standardized[at] /= deviations[at % channels] }
        let shared = AlikeMean.of(
            map.means(rows: rows, columns: columns), features: standardized, rows: rows, columns: columns,
            channels: channels)
        var out = map.values
        ck_spread_add(
            shared, GridAxis.dividing(map.height, into: rows).cells, GridAxis.dividing(map.width, into: columns).cells,
            Int32(map.height), Int32(map.width), &out)
        return AnomalyMap(width: map.width, height: map.height, values: out.map { $0 / 2 })
    }
}

extension AnomalyMap {
    /// Means over the parts of a grid that divides the map evenly.
    func means(rows: Int, columns: Int) -> [Float] {
        var sums = [Float](repeating: 0, count: rows * columns), counts = sums
        for y in 0..<height {
            let row = y * rows / height * columns
            for x in 0..<width {
                let cell = row + x * columns / width
                sums[cell] += values[y * width + x]
                counts[cell] += 1
            }
        }
        return zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
    }
}
