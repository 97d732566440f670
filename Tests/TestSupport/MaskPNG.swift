import Foundation

/// Writes PNGs of any colour type and depth, uncompressed: for images whose stored values matter.
package struct MaskPNG {
    private let width, height: Int
    private let depth, colourType: UInt8
    private let chunks: [(type: String, content: [UInt8])]
    private let rows: [[UInt8]]

    /// - Parameters:
    ///   - colourType: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.
    ///   - width: from the first row when nil, for 8-bit samples.
    ///   - chunks: between IHDR and IDAT, such as PLTE and tRNS.
    ///   - rows: each row's bytes, big-endian samples, without the filter byte.
    package init(
        _ colourType: UInt8, width: Int? = nil, depth: UInt8 = 8, chunks: [(String, [UInt8])] = [], rows: [[UInt8]]
    ) {
        let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][Int(colourType)] ?? 1
        self.width = width ?? rows[0].count / channels
        height = rows.count
        (self.depth, self.colourType, self.rows) = (depth, colourType, rows)
        self.chunks = chunks.map { ($0.0, $0.1) }
    }

    package var data: Data {
        var data = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        append("IHDR", Self.bigEndian(width) + Self.bigEndian(height) + [depth, colourType, 0, 0, 0], to: &data)
        for chunk in chunks { append(chunk.type, chunk.content, to: &data) }
        let raw: [UInt8] = rows.reduce(into: []) { $0 += [0] + $1 }
        // Stored blocks of deflate, each of at most 65,535 bytes.
        var stream: [UInt8] = [0x78, 0x01]
        var rest = raw[...]
        repeat {
            let block = rest.prefix(0xFFFF)
            rest = rest.dropFirst(block.count)
            let length = [UInt8(block.count & 0xFF), UInt8(block.count >> 8)]
            stream += [rest.isEmpty ? 1 : 0] + length
            stream += length.map { ~$0 }
            stream += block
        } while !rest.isEmpty
        stream += Self.bigEndian(Self.adler(raw))
        append("IDAT", stream, to: &data)
        append("IEND", [], to: &data)
        return data
    }

    private func append(_ type: String, _ content: [UInt8], to data: inout Data) {
        let body = [UInt8](type.utf8) + content
        data.append(contentsOf: Self.bigEndian(content.count) + body + Self.bigEndian(Self.checksum(body)))
    }

    private static func bigEndian(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) } }

    private static func checksum(_ bytes: [UInt8]) -> Int {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return Int(~crc)
    }

    private static func adler(_ bytes: [UInt8]) -> Int {
        var (a, b) = (1, 0)
        for byte in bytes {
            a = (a + Int(byte)) % 65521
            b = (b + a) % 65521
        }
        return b << 16 | a
    }
}
