/// A decoded picture: interleaved rows, origin at the top left, orientation already applied.
public struct Frame: Sendable, Equatable {
    /// Samples in row order, `width × height × channels` of them.
    public enum Samples: Sendable, Equatable {
        /// 0…255.
        case eight([UInt8])
        /// 0…65535; kept until normalisation, so that a 12- or 16-bit camera loses nothing.
        case sixteen([UInt16])
    }

    public let width: Int
    public let height: Int
    /// 1 (grey) or 3 (red, green, blue).
    public let channels: Int
    public var samples: Samples

    public init(width: Int, height: Int, channels: Int, samples: Samples) {
        precondition(width > 0 && height > 0 && (channels == 1 || channels == 3), "\(width)×\(height)×\(channels)")
        let count =
            switch samples {
            case .eight(let values): values.count
            case .sixteen(let values): values.count
            }
        precondition(count == width * height * channels, "\(count) samples for \(width)×\(height)×\(channels)")
        self.width = width
        self.height = height
        self.channels = channels
        self.samples = samples
    }

    /// Bits per sample of the storage: 8 or 16.
    public var bitDepth: Int {
        switch samples {
        case .eight: 8
        case .sixteen: 16
        }
    }
}
