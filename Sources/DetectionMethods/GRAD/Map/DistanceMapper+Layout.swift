import CKernels
import DetectionCore
import NeuralNets

extension DistanceMapper.Layout {
    /// - Parameter channels: the differences' channels.
    package init(
        rows: GridAxis, columns: GridAxis, channels: Int, inputWidth: Int, inputHeight: Int,
        settings: DistanceMapper.Settings
    ) {
        let shorter = min(inputWidth, inputHeight)
        func scaled(_ side: Int) -> Int { max(1, (side * shorter + 112) / 224) }
        (self.rows, self.columns, self.channels) = (rows, columns, channels)
        (width, height) = (inputWidth, inputHeight)
        var own = settings
        (own.small, own.wide) = (scaled(settings.small), settings.wide > 0 ? scaled(settings.wide) : 0)
        own.score = min(scaled(settings.score), shorter)
        self.settings = own
    }

    /// The positions' values over the image, each at the centre of the backbone's window, so that a defect is marked at
    /// its position.
    func spread(_ cells: [Float]) -> AnomalyMap {
        var full = [Float](repeating: 0, count: width * height)
        ck_spread_add(cells, rows.cells, columns.cells, Int32(height), Int32(width), &full)
        return AnomalyMap(width: width, height: height, values: full)
    }
}

extension AnomalyMap {
    /// The mean over a square around each pixel, including zeros outside the map (`side`² divides).
    /// - Parameter factors: the factor of the mean at each pixel; nil for none.
    func boxFiltered(side: Int, factors: [Float]? = nil) -> AnomalyMap {
        guard side > 1 else { return self }
        var out = values
        ck_box_mean(values, Int32(height), Int32(width), Int32(side), Int32(side / 2), &out)
        if let factors {
            out.withUnsafeMutableBufferPointer {
                ck_multiply($0.baseAddress, factors, $0.count, $0.baseAddress)
            }
        }
        return AnomalyMap(width: width, height: height, values: out)
    }

    /// Statistics over its pixels.
    var standardDeviation: Double {
        var sum = 0.0, squares = 0.0
        for value in values { (sum, squares) = (sum + Double(value), squares + Double(value) * Double(value)) }
        let count = Double(values.count)
        return max(0, squares / count - sum / count * (sum / count)).squareRoot()
    }

    /// The largest mean over a square that lies inside the map.
    func largestMean(side: Int) -> Float {
        guard side > 1 else { return maximum }
        var means = values
        ck_box_mean(values, Int32(height), Int32(width), Int32(side), 0, &means)
        var largest = -Float.infinity
        for y in 0...(height - side) { largest = max(largest, means[y * width...y * width + width - side].max() ?? 0) }
        return largest
    }
}
