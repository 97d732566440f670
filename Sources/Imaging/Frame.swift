/// A decoded image: interleaved rows, origin at the top left, orientation already applied. Two frames are equal if
/// their pixels are, whatever the decoder's remarks.
package struct Frame: Sendable, Equatable {
    /// Samples in row order, `width × height × channels` of them.
    package enum Samples: Sendable, Equatable {
        /// 0…255.
        case eight([UInt8])
        /// 0…65535; kept until normalisation, so that a 12- or 16-bit camera loses nothing.
        case sixteen([UInt16])
    }

    /// The opacity of the image according to its file.
    package enum Alpha: Sendable, Equatable {
        /// Neither an alpha channel nor a transparent colour.
        case none
        /// One of them, but every pixel is opaque.
        case opaque
        /// Some pixels are not opaque: an alpha channel was composed over black; of colours that are only marked as
        /// transparent (tRNS), the samples are those stored.
        case partly
        /// Every pixel is fully transparent, a viewer shows none: the samples are the colours as stored.
        case zeroEverywhere
    }

    package let width: Int
    package let height: Int
    /// 1 (grey) or 3 (red, green, blue).
    package let channels: Int
    package var samples: Samples
    /// Remarks for an operator about an untidy file with correct pixels; usually empty.
    package var remarks: [String]
    /// The transparency of the file.
    package var alpha: Alpha

    package init(width: Int, height: Int, channels: Int, samples: Samples, remarks: [String] = [], alpha: Alpha = .none)
    {
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
        self.remarks = remarks
        self.alpha = alpha
    }

    package static func == (left: Frame, right: Frame) -> Bool {
        left.width == right.width && left.height == right.height && left.channels == right.channels
            && left.samples == right.samples
    }

    /// Bits per sample of the storage: 8 or 16.
    package var bitDepth: Int {
        switch samples {
        case .eight: 8
        case .sixteen: 16
        }
    }
}
