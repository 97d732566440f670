import Imaging

/// A deterministic frame that every model scores when it is loaded.
package enum SelfTest {
    /// Diagonal waves on a gradient, 96 × 64, three channels.
    package static let frame: Frame = {
        var pixels: [UInt8] = []
        for y in 0..<64 {
            for x in 0..<96 {
                for channel in 0..<3 { pixels.append(UInt8((x * 2 + (x * y + channel * 40) % 61) % 256)) }
            }
        }
        return Frame(width: 96, height: 64, channels: 3, samples: .eight(pixels))
    }()

    static func score(_ model: any DetectorModel) throws -> Double {
        try model.makeDetector(threads: 1).detect(frame).imageScore
    }
}
