import Foundation
import Imaging

/// One way in which a file in a watched folder is no image.
enum BrokenFile: CaseIterable {
    case truncatedJPEG, truncatedPNG, text, empty, pngBomb, jpegBomb, wrongType, wrongChecksum

    /// The reason that the quarantine must name.
    var code: String {
        switch self {
        case .truncatedJPEG, .truncatedPNG: "truncated"
        case .text, .wrongType: "unsupported"
        case .empty: "empty"
        case .pngBomb, .jpegBomb: "too-large"
        case .wrongChecksum: "corrupt"
        }
    }

    var ending: String {
        switch self {
        case .truncatedPNG, .pngBomb, .wrongType, .wrongChecksum: "png"
        case .truncatedJPEG, .text, .empty, .jpegBomb: "jpg"
        }
    }

    /// - Parameter index: another one, another file.
    func data(_ index: Int) throws -> Data {
        let jpeg = try Pictures.flawless(index)
        let png = try Frame.decode(jpeg).encodedPNG()
        switch self {
        case .truncatedJPEG: return jpeg.prefix(jpeg.count * (3 + index % 5) / 10)
        case .truncatedPNG: return png.prefix(png.count * (3 + index % 5) / 10)
        case .text: return Data("line \(index): the camera was asked for an image\n".utf8)
        case .empty: return Data()
        case .pngBomb: return Self.pngBomb(UInt32(50_000 + index))
        case .jpegBomb: return Self.announcing(60_000, in: jpeg)
        case .wrongType: return Data("GIF89a".utf8) + [UInt8(index & 255), 0, 1, 0, 0, 0, 0, 0x3B]
        case .wrongChecksum:
            var bytes = png
            // The last byte of the IHDR chunk's checksum: signature 8, length 4, type 4, data 13, checksum 4.
            bytes[32] ^= 0xFF
            return bytes
        }
    }

    /// A JPEG whose header announces a square of `side` pixels.
    private static func announcing(_ side: UInt16, in jpeg: Data) -> Data {
        var bytes = [UInt8](jpeg)
        for at in 0..<(bytes.count - 9) where bytes[at] == 0xFF && bytes[at + 1] == 0xC0 {
            for offset in [5, 7] {
                bytes[at + offset] = UInt8(side >> 8)
                bytes[at + offset + 1] = UInt8(side & 255)
            }
            break
        }
        return Data(bytes)
    }

    /// A complete grey PNG of a few bytes that announces a square of `side` pixels.
    private static func pngBomb(_ side: UInt32) -> Data {
        func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        func chunk(_ type: String, _ body: [UInt8]) -> [UInt8] {
            let content = Array(type.utf8) + body
            return bytes(UInt32(body.count)) + content + bytes(checksum(content))
        }
        let zlib: [UInt8] = [0x78, 0x9C, 0x63, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01]
        return Data(
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
                + chunk("IHDR", bytes(side) + bytes(side) + [8, 0, 0, 0, 0]) + chunk("IDAT", zlib) + chunk("IEND", []))
    }

    /// CRC-32 as PNG wants it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
    }
}
