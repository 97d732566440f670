import Foundation

/// A PNG taken apart into its chunks, to be altered and put together again.
struct EditablePNG {
    struct Chunk {
        var type: String
        var content: [UInt8]
        /// A wrong checksum, or none: the chunk is written with it instead of the right one.
        var wrongChecksum: Int?

        init(_ type: String, _ content: [UInt8] = [], wrongChecksum: Int? = nil) {
            self.type = type
            self.content = content
            self.wrongChecksum = wrongChecksum
        }
    }

    var chunks: [Chunk] = []

    init(_ data: Data) {
        let bytes = [UInt8](data)
        var at = 8
        while at + 12 <= bytes.count {
            let length = bytes[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) }
            let type = String(decoding: bytes[(at + 4)..<(at + 8)], as: UTF8.self)
            chunks.append(Chunk(type, Array(bytes[(at + 8)..<(at + 8 + length)])))
            at += 12 + length
        }
    }

    var data: Data {
        var data = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        for chunk in chunks {
            let body = [UInt8](chunk.type.utf8) + chunk.content
            let checksum = chunk.wrongChecksum ?? HandmadePNG.crc(body)
            data.append(contentsOf: HandmadePNG.bigEndian(chunk.content.count) + body + HandmadePNG.bigEndian(checksum))
        }
        return data
    }

    func index(of type: String) -> Int? { chunks.firstIndex { $0.type == type } }

    /// All IDAT chunks made one of `contents` each.
    mutating func replacePixelData(_ contents: [[UInt8]]) {
        guard let first = index(of: "IDAT") else { return }
        chunks.removeAll { $0.type == "IDAT" }
        chunks.insert(contentsOf: contents.map { Chunk("IDAT", $0) }, at: first)
    }

    var pixelData: [UInt8] { chunks.filter { $0.type == "IDAT" }.flatMap(\.content) }
}
