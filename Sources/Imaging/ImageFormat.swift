import Foundation

/// The formats that are read and written. The content decides, not a file's name.
package enum ImageFormat: String, Sendable, Codable, CaseIterable {
    case jpeg
    case png

    /// The format's usual name.
    package var name: String { rawValue.uppercased() }

    /// The format whose signature `data` begins with.
    ///
    /// Throws `empty` without data, `truncated` for less than a signature, `corrupt` for a damaged signature, and
    /// `unsupported` with the format's name if it is known.
    package static func recognise(_ data: Data) throws(ImageError) -> ImageFormat {
        let head = [UInt8](data.prefix(512))
        guard !head.isEmpty else {
            throw ImageError(.empty, "the file is empty (0 bytes): its content was not written, or not yet")
        }
        if head.starts(with: jpegSignature) { return .jpeg }
        if head.starts(with: pngSignature) { return .png }
        if jpegSignature.starts(with: head) || pngSignature.starts(with: head) {
            throw ImageError(.truncated, "the image is truncated: only \(head.count) bytes, less than a signature")
        }
        if head.starts(with: pngSignature.prefix(4)) {
            throw ImageError(
                .corrupt,
                "the PNG is corrupt: its signature is damaged, as by a transfer in text mode; transfer it as binary")
        }
        if head.allSatisfy({ $0 == 0 }) {
            throw ImageError(.corrupt, "the file begins with \(head.count) zero bytes: its content was never written")
        }
        throw ImageError(.unsupported, ForeignFormat.refusal(head))
    }

    /// The bytes that every file of the format begins with.
    package var signature: [UInt8] {
        switch self {
        case .jpeg: Self.jpegSignature
        case .png: Self.pngSignature
        }
    }

    private static let jpegSignature: [UInt8] = [0xFF, 0xD8]
    private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
}
