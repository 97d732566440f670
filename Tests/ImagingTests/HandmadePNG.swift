import Foundation

/// Writes the PNGs that the encoder does not (alpha, palettes, transparent colours), uncompressed.
struct HandmadePNG {
    var width: Int
    var height: Int
    var depth: UInt8 = 8
    /// 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.
    var colourType: UInt8
    /// Chunks between IHDR and IDAT, such as PLTE and tRNS.
    var chunks: [(type: String, content: [UInt8])] = []
    /// Each row's bytes, big-endian samples, without the filter byte.
    var rows: [[UInt8]]

    var data: Data {
        var data = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        append("IHDR", Self.bigEndian(width) + Self.bigEndian(height) + [depth, colourType, 0, 0, 0], to: &data)
        for chunk in chunks { append(chunk.type, chunk.content, to: &data) }
        let raw: [UInt8] = rows.reduce(into: []) { $0 += [0] + $1 }
        let length = [UInt8(raw.count & 0xFF), UInt8(raw.count >> 8)]
        // One stored block of deflate.
        var stream: [UInt8] = [0x78, 0x01, 0x01]
        stream += length
        stream += length.map { ~$0 }
        stream += raw
        stream += Self.bigEndian(adler(raw))
        append("IDAT", stream, to: &data)
        append("IEND", [], to: &data)
        return data
    }

    private func append(_ type: String, _ content: [UInt8], to data: inout Data) {
        let body = [UInt8](type.utf8) + content
        data.append(contentsOf: Self.bigEndian(content.count) + body + Self.bigEndian(Self.crc(body)))
    }

    static func bigEndian(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) }
    }

    static func crc(_ bytes: [UInt8]) -> Int {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return Int(~crc)
    }

    private func adler(_ bytes: [UInt8]) -> Int {
        var (a, b) = (1, 0)
        for byte in bytes {
            a = (a + Int(byte)) % 65521
            b = (b + a) % 65521
        }
        return b << 16 | a
    }
}
