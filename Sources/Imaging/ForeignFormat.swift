/// Names what is not read here, so that the refusal tells an operator what the camera or the person dropped.
enum ForeignFormat {
    /// "this is a GIF", "this is text", or the first bytes.
    static func describe(_ head: [UInt8]) -> String {
        if let known = signatures.first(where: { matches($0, head) }) { return "this is \(known.name)" }
        if isText(head) { return "this is text, not a picture" }
        let hex = head.prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return "this is no picture of a known format (it begins with the bytes \(hex.joined(separator: " ")))"
    }

    private struct Signature {
        let name: String
        let offset: Int
        let bytes: [UInt8]

        init(_ name: String, _ text: String, at offset: Int = 0) {
            self.init(name, [UInt8](text.utf8), at: offset)
        }

        init(_ name: String, _ bytes: [UInt8], at offset: Int = 0) {
            self.name = name
            self.offset = offset
            self.bytes = bytes
        }
    }

    private static func matches(_ signature: Signature, _ head: [UInt8]) -> Bool {
        head.dropFirst(signature.offset).starts(with: signature.bytes)
    }

    private static let signatures: [Signature] = [
        Signature("a GIF", "GIF8"),
        Signature("a TIFF", [0x49, 0x49, 0x2A, 0x00]),
        Signature("a TIFF", [0x4D, 0x4D, 0x00, 0x2A]),
        Signature("a BigTIFF", [0x49, 0x49, 0x2B, 0x00]),
        Signature("a BigTIFF", [0x4D, 0x4D, 0x00, 0x2B]),
        Signature("a WebP", "WEBP", at: 8),
        Signature("an AVI film", "AVI ", at: 8),
        Signature("an AVIF", "ftypavif", at: 4),
        Signature("a HEIC", "ftyphei", at: 4),
        Signature("a HEIF", "ftypmif1", at: 4),
        Signature("an MP4 film", "ftyp", at: 4),
        Signature("a JPEG 2000", "jP  ", at: 4),
        Signature("a JPEG 2000", [0xFF, 0x4F, 0xFF, 0x51]),
        Signature("a JPEG XL", "JXL ", at: 4),
        Signature("a JPEG XL", [0xFF, 0x0A]),
        Signature("an OpenEXR", [0x76, 0x2F, 0x31, 0x01]),
        Signature("a Photoshop document", "8BPS"),
        Signature("a DICOM", "DICM", at: 128),
        Signature("a FITS", "SIMPLE  ="),
        Signature("a QOI", "qoif"),
        Signature("a PDF", "%PDF"),
        Signature("a ZIP archive", [0x50, 0x4B, 0x03, 0x04]),
        Signature("a gzip archive", [0x1F, 0x8B]),
        Signature("a program", [0x7F, 0x45, 0x4C, 0x46]),
        Signature("a NetPBM picture", "P4\n"),
        Signature("a NetPBM picture", "P5\n"),
        Signature("a NetPBM picture", "P6\n"),
        Signature("a NetPBM picture", "P5 "),
        Signature("a NetPBM picture", "P6 "),
        // Last: two letters are a weak signature.
        Signature("a BMP", "BM"),
        Signature("an icon", [0x00, 0x00, 0x01, 0x00]),
    ]

    private static func isText(_ head: [UInt8]) -> Bool {
        // A multi-byte character may be cut by the end of `head`, which decoding repairs only there.
        let text = String(decoding: head, as: UTF8.self)
        return !text.unicodeScalars.dropLast(3).contains { scalar in
            scalar == "\u{FFFD}" || (scalar.value < 0x20 && scalar != "\n" && scalar != "\r" && scalar != "\t")
        }
    }
}
