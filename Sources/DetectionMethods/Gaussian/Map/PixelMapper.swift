import CKernels
import DetectionCore
import NeuralNets

/// Turns feature maps into an unsmoothed anomaly map at the input's size.
protocol PixelMapper: AnyObject {
    /// - Returns: the map, and the largest distance of each extent (summed over taps with Gaussians of their own).
    func map(_ features: [FeatureMap], width: Int, height: Int) -> (map: AnomalyMap, largest: [Double])
}

/// One Gaussian per tap: whitening as one matrix product over all positions, then a norm per position.
final class TiedMapper: PixelMapper {
    private struct Tap {
        let index: Int
        let channels: Int
        let packed: [Float]
        /// `−mean · whitening`: the product's bias.
        let bias: [Float]
    }

    private let taps: [Tap]
    private var whitened: [Float]
    private var distances: [Float]

    init(_ gaussians: [(tap: String, mean: [Float], whitening: [Float])], _ maps: [FeatureMap], _ indices: [Int]) throws
    {
        guard gaussians.count == maps.count else { throw ModelError("the backbone has no level of the pixel map") }
        taps = try zip(gaussians, zip(maps, indices)).map { gaussian, tap in
            let (map, index) = tap, d = gaussian.mean.count
            guard map.channels == d else {
                throw ModelError("level \(gaussian.tap) has \(d) channels, the backbone gives \(map.channels)")
            }
            var packed = [Float](repeating: 0, count: ck_gemm_packed_count(Int32(d), Int32(d)))
            ck_gemm_pack(gaussian.whitening, Int32(d), Int32(d), &packed)
            let bias = (0..<d).map { column in
                -(0..<d).reduce(0.0) { $0 + Double(gaussian.mean[$1]) * Double(gaussian.whitening[$1 * d + column]) }
            }
            return Tap(index: index, channels: d, packed: packed, bias: bias.map(Float.init))
        }
        let largest = maps.map { $0.height * $0.width * $0.channels }.max() ?? 0
        whitened = [Float](repeating: 0, count: largest + Int(CK_SLACK))
        distances = [Float](repeating: 0, count: maps.map { $0.height * $0.width }.max() ?? 0)
    }

    func map(_ features: [FeatureMap], width: Int, height: Int) -> (map: AnomalyMap, largest: [Double]) {
        var out = [Float](repeating: 0, count: width * height)
        for tap in taps {
            let map = features[tap.index], positions = map.height * map.width
            tap.packed.withUnsafeBufferPointer { packed in
                tap.bias.withUnsafeBufferPointer { bias in
                    whitened.withUnsafeMutableBufferPointer { whitened in
                        var gemm = ck_gemm()
                        gemm.a = map.values.baseAddress
                        gemm.lda = tap.channels
                        (gemm.taps, gemm.c, gemm.n) = (1, Int32(tap.channels), Int32(tap.channels))
                        gemm.packed = packed.baseAddress
                        gemm.bias = bias.baseAddress
                        gemm.out = whitened.baseAddress
                        gemm.ldo = tap.channels
                        ck_gemm_run(&gemm, 0, Int32(positions))
                    }
                }
            }
            ck_row_norms(whitened, positions, Int32(tap.channels), &distances)
            ck_spread_add(distances, map.rows.cells, map.columns.cells, Int32(height), Int32(width), &out)
        }
        let map = AnomalyMap(width: width, height: height, values: out)
        return (map, [Double(map.maximum)])
    }
}
