import Foundation

/// The formats that are read and written. The content decides, never a file's name.
package enum PictureFormat: String, Sendable, Codable, CaseIterable {
    case jpeg
    case png

    /// As people write it.
    package var name: String { rawValue.uppercased() }

    /// The format whose signature `data` begins with.
    ///
    /// Throws `empty` without data, `truncated` when less than a signature is there, `corrupt` for a damaged signature, and
    /// `unsupported`, naming the format where it is a known one.
    package static func recognise(_ data: Data) throws(ImageError) -> PictureFormat {
        let head = [UInt8](data.prefix(512))
        guard !head.isEmpty else {
            throw ImageError(.empty, "the file is empty (0 bytes): nothing was written into it, or not yet")
        }
        if head.starts(with: jpegSignature) { return .jpeg }
        if head.starts(with: pngSignature) { return .png }
        if jpegSignature.starts(with: head) || pngSignature.starts(with: head) {
            throw ImageError(.truncated, "the picture is truncated: only \(head.count) bytes, less than a signature")
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
