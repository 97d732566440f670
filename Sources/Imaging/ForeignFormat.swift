/// Names formats that are not read, so that the refusal tells an operator what was delivered.
enum ForeignFormat {
    /// A sentence: the format found, the formats read, and the remedy.
    static func refusal(_ head: [UInt8]) -> String {
        if let picture = pictureName(head) {
            return "this is \(picture); JPEG and PNG are read: set the camera to one of them"
        }
        if let known = others.first(where: { $0.matches(head) }) {
            return "this is \(known.name), not an image; JPEG and PNG are read: keep other files out of the folder"
        }
        if isText(head) {
            return "this is \(textName(head)), not an image; JPEG and PNG are read: keep other files out of the folder"
        }
        let hex = head.prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return "this is not an image of a known format (it begins with the bytes \(hex.joined(separator: " "))); "
            + "JPEG and PNG are read: set the camera to one of them"
    }

    private static func pictureName(_ head: [UInt8]) -> String? {
        netPBMName(head) ?? isoMediaName(head) ?? pictures.first { $0.matches(head) }?.name
    }

    /// A letter and a digit, then white space or a comment (Netpbm's own readers take any).
    private static func netPBMName(_ head: [UInt8]) -> String? {
        let names: [Character: String] = [
            "1": "a PBM", "2": "a PGM", "3": "a PPM", "4": "a PBM", "5": "a PGM", "6": "a PPM", "7": "a PAM",
            "F": "a PFM", "f": "a PFM",
        ]
        guard head.count > 2, head[0] == UInt8(ascii: "P"), " \t\r\n\u{B}\u{C}#".utf8.contains(head[2]) else {
            return nil
        }
        return names[Character(UnicodeScalar(head[1]))].map { "\($0) (Netpbm)" }
    }

    /// The formats in boxes of the ISO base media file format, distinguished by their major brand.
    private static func isoMediaName(_ head: [UInt8]) -> String? {
        guard head.count >= 12, head[4..<8].elementsEqual("ftyp".utf8) else { return nil }
        let brand = String(decoding: head[8..<12], as: UTF8.self)
        switch brand {
        case "avif", "avis": return "an AVIF"
        case "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs": return "a HEIC"
        case "mif1", "mif2", "msf1", "miaf": return "a HEIF"
        case "crx ": return "a camera's raw image (CR3)"
        default: return nil
        }
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

        func matches(_ head: [UInt8]) -> Bool { head.dropFirst(offset).starts(with: bytes) }
    }

    private static let pictures: [Signature] = [
        Signature("a GIF", "GIF8"),
        Signature("a TIFF", [0x49, 0x49, 0x2A, 0x00]),
        Signature("a TIFF", [0x4D, 0x4D, 0x00, 0x2A]),
        Signature("a BigTIFF", [0x49, 0x49, 0x2B, 0x00]),
        Signature("a BigTIFF", [0x4D, 0x4D, 0x00, 0x2B]),
        Signature("a JPEG XR", [0x49, 0x49, 0xBC]),
        Signature("a WebP", "WEBP", at: 8),
        Signature("a JPEG 2000", "jP  ", at: 4),
        Signature("a JPEG 2000", [0xFF, 0x4F, 0xFF, 0x51]),
        Signature("a JPEG XL", "JXL ", at: 4),
        Signature("a JPEG XL", [0xFF, 0x0A]),
        Signature("an MNG", [0x8A, 0x4D, 0x4E, 0x47]),
        Signature("a JNG", [0x8B, 0x4A, 0x4E, 0x47]),
        Signature("an OpenEXR", [0x76, 0x2F, 0x31, 0x01]),
        Signature("a Radiance HDR", "#?RADIANCE"),
        Signature("a Radiance HDR", "#?RGBE"),
        Signature("a camera's raw image (RAF)", "FUJIFILMCCD-RAW"),
        Signature("a Photoshop document", "8BPS"),
        Signature("a GIMP document", "gimp xcf"),
        Signature("a DICOM", "DICM", at: 128),
        Signature("a FITS", "SIMPLE  ="),
        Signature("a QOI", "qoif"),
        Signature("a FLIF", "FLIF"),
        Signature("a BPG", [0x42, 0x50, 0x47, 0xFB]),
        Signature("a DirectDraw surface", "DDS "),
        Signature("a Sun raster", [0x59, 0xA6, 0x6A, 0x95]),
        Signature("an SGI image", [0x01, 0xDA]),
        Signature("a PCX", [0x0A, 0x05, 0x01]),
        Signature("an icon", [0x00, 0x00, 0x01, 0x00]),
        // Last: two letters are a weak signature.
        Signature("a BMP", "BM"),
    ]

    private static let others: [Signature] = [
        Signature("an AVI film", "AVI ", at: 8),
        Signature("an MP4 film", "ftyp", at: 4),
        Signature("a Matroska film", [0x1A, 0x45, 0xDF, 0xA3]),
        Signature("a NumPy array", [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]),
        Signature("an HDF5 file", [0x89, 0x48, 0x44, 0x46]),
        Signature("a PDF", "%PDF"),
        Signature("a PostScript document", "%!PS"),
        Signature("a ZIP archive", [0x50, 0x4B, 0x03, 0x04]),
        Signature("a gzip archive", [0x1F, 0x8B]),
        Signature("a 7z archive", [0x37, 0x7A, 0xBC, 0xAF]),
        Signature("an xz archive", [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
        Signature("a Zstandard archive", [0x28, 0xB5, 0x2F, 0xFD]),
        Signature("an SQLite database", "SQLite format 3"),
        Signature("a program", [0x7F, 0x45, 0x4C, 0x46]),
    ]

    private static func isText(_ head: [UInt8]) -> Bool {
        // A multi-byte character may be cut by the end of `head`, which decoding repairs only there.
        let text = String(decoding: head, as: UTF8.self)
        return !text.unicodeScalars.dropLast(3).contains { scalar in
            scalar == "\u{FFFD}" || (scalar.value < 0x20 && scalar != "\n" && scalar != "\r" && scalar != "\t")
        }
    }

    private static func textName(_ head: [UInt8]) -> String {
        let text = String(decoding: head, as: UTF8.self).lowercased()
        if text.contains("<svg") { return "text (an SVG drawing)" }
        if text.contains("<!doctype html") || text.contains("<html") {
            return "text (an HTML page, as servers send instead of an image)"
        }
        return "text"
    }
}
