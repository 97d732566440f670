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
        return try mapPNG(frame, pixelThreshold: pixelThreshold, compression: compression)
    }

    /// An anomaly map in levels of its scale, 0 … 65535, with the chunk that tells it.
    package static func mapPNG(
        _ levels: Frame, pixelThreshold: Float, compression: PNGCompression = .fast
    ) throws(ImageError) -> Data {
        let maximum = HeatScale(pixelThreshold: pixelThreshold).maximum
        let text = "0..65535 = 0..\(maximum); pixel threshold \(pixelThreshold)"
        return try levels.encodedPNG(compression: compression, text: (scaleKey, text))
    }

    /// A map in levels of its scale, in the scale's colours: for an eye, without a frame below.
    package static func heat(_ levels: Frame) -> Frame {
        guard case .sixteen(let values) = levels.samples, levels.channels == 1 else {
            preconditionFailure("a map of \(levels.bitDepth) bits and \(levels.channels) channels")
        }
        let pixels = [UInt8](unsafeUninitializedCapacity: 3 * values.count) { out, count in
            for (index, value) in values.enumerated() {
                let entry = 4 * ((Int(value) * 255 + 32767) / 65535)
                for channel in 0..<3 { out[3 * index + channel] = HeatScale.table[entry + channel] }
            }
            count = 3 * values.count
        }
        return Frame(width: levels.width, height: levels.height, channels: 3, samples: .eight(pixels))
    }

    /// A mask as an 8-bit grey PNG: 255 where it is not zero.
    package static func maskPNG(
        _ mask: [UInt8], width: Int, height: Int, compression: PNGCompression = .uniform
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
