/// Chunks, each a type and its content; lengths and checksums are put around them.
enum PNGFraming: Framing {
    static let isList = true
    private static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    static func parts(of bytes: [UInt8]) -> [[UInt8]]? {
        guard bytes.starts(with: signature) else { return nil }
        var chunks: [[UInt8]] = [], position = signature.count
        while position + 12 <= bytes.count {
            let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = position + 8 + min(length, bytes.count - position - 12)
            chunks.append(Array(bytes[position + 4..<end]))
            position = end + 4
        }
        return chunks
    }

    static func framed(_ chunks: [[UInt8]]) -> [UInt8] {
        chunks.reduce(into: signature) { bytes, chunk in
            let chunk = chunk + [UInt8](repeating: 0, count: max(0, 4 - chunk.count))
            bytes += [UInt8].littleEndian(chunk.count - 4, 4).reversed() + chunk
            bytes += [UInt8].littleEndian(Int(checksum(chunk)), 4).reversed()
        }
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }
}

/// The JSON header and the data; the header's length is put before them.
enum SafetensorsFraming: Framing {
    static let isList = false

    static func parts(of bytes: [UInt8]) -> [[UInt8]]? {
        guard let length = bytes.littleEndian(8, at: 0), (0...bytes.count - 8).contains(length) else { return nil }
        return [Array(bytes[8..<8 + length]), Array(bytes[(8 + length)...])]
    }

    static func framed(_ parts: [[UInt8]]) -> [UInt8] {
        [UInt8].littleEndian(parts[0].count, 8) + parts[0] + parts[1]
    }
}

/// A name and a content for each stored member of a zip. Readers of weights look at no checksum, so none is written.
enum ZipFraming: Framing {
    static let isList = false

    static func parts(of bytes: [UInt8]) -> [[UInt8]]? {
        let end = bytes.count - 22
        guard bytes.starts(with: [0x50, 0x4b]), bytes.littleEndian(4, at: end) == 0x0605_4b50,
            var entry = bytes.littleEndian(4, at: end + 16)
        else { return nil }
        var parts: [[UInt8]] = []
        while bytes.littleEndian(4, at: entry) == 0x0201_4b50 {
            guard let size = bytes.littleEndian(4, at: entry + 24), let name = bytes.littleEndian(2, at: entry + 28),
                let extra = bytes.littleEndian(2, at: entry + 30), let comment = bytes.littleEndian(2, at: entry + 32),
                let local = bytes.littleEndian(4, at: entry + 42), entry + 46 + name <= bytes.count,
                let localName = bytes.littleEndian(2, at: local + 26),
                let localExtra = bytes.littleEndian(2, at: local + 28)
            else { return nil }
            let content = local + 30 + localName + localExtra
            guard content + size <= bytes.count else { return nil }
            parts += [Array(bytes[entry + 46..<entry + 46 + name]), Array(bytes[content..<content + size])]
            entry += 46 + name + extra + comment
        }
        return parts
    }

    static func framed(_ parts: [[UInt8]]) -> [UInt8] {
        var members: [UInt8] = [], directory: [UInt8] = []
        for index in stride(from: 0, to: parts.count - 1, by: 2) {
            let name = parts[index].prefix(0xffff), size = [UInt8].littleEndian(parts[index + 1].count, 4)
            // Version, flags, method and time, then checksum, sizes and lengths: the same in both places.
            let common =
                [UInt8](repeating: 0, count: 10) + [0, 0, 0, 0] + size + size + [UInt8].littleEndian(name.count, 2)
            directory += [0x50, 0x4b, 0x01, 0x02, 0, 0] + common + [UInt8](repeating: 0, count: 12)
            directory += [UInt8].littleEndian(members.count, 4) + name
            members += [0x50, 0x4b, 0x03, 0x04] + common + [0, 0] + name + parts[index + 1]
        }
        let count = [UInt8].littleEndian(parts.count / 2, 2)
        return members + directory + [0x50, 0x4b, 0x05, 0x06, 0, 0, 0, 0] + count + count
            + [UInt8].littleEndian(directory.count, 4) + [UInt8].littleEndian(members.count, 4) + [0, 0]
    }
}
