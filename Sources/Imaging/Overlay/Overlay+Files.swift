import CKernels
import Foundation

extension Overlay {
    /// The key of the tEXt chunk that tells a map image's scale.
    package static let scaleKey = "Anomaly map scale"

    /// An anomaly map as a 16-bit grey PNG: 0 … 65535 is 0 … 2 × the pixel threshold, so that 32768 is the threshold
    /// itself and anything larger is anomalous; values beyond the scale are cut off. A tEXt chunk says so with numbers.
    package static func mapPNG(
        _ map: [Float], width: Int, height: Int, pixelThreshold: Float, compression: PNGCompression = .fast
    ) throws(ImageError) -> Data {
        precondition(map.count == width * height, "\(map.count) values for a map of \(width)×\(height)")
        let scale = HeatScale(pixelThreshold: pixelThreshold)
        let levels = [UInt16](unsafeUninitializedCapacity: map.count) { out, count in
            ck_scale_u16(map, map.count, scale.factor, out.baseAddress)
            count = map.count
        }
        let frame = Frame(width: width, height: height, channels: 1, samples: .sixteen(levels))
        let text = "0..65535 = 0..\(scale.maximum); pixel threshold \(pixelThreshold)"
        return try frame.encodedPNG(compression: compression, text: (scaleKey, text))
    }

    /// A mask as an 8-bit grey PNG: 255 where it is not zero.
    package static func maskPNG(
        _ mask: [UInt8], width: Int, height: Int, compression: PNGCompression = .fast
    ) throws(ImageError) -> Data {
        let levels = [UInt8](unsafeUninitializedCapacity: mask.count) { out, count in
            mask.withUnsafeBufferPointer { mask in
                for index in mask.indices { out[index] = mask[index] == 0 ? 0 : 255 }
            }
            count = mask.count
        }
        return try Frame(width: width, height: height, channels: 1, samples: .eight(levels))
            .encodedPNG(compression: compression)
    }
}
