import Foundation

/// The part of the zip format that PyTorch writes: stored members behind a central directory, zip64 included.
struct ZipArchive {
    private let data: Data
    private var members: [String: Range<Int>] = [:]

    init(_ data: Data) throws {
        self.data = data
        let (count, start) = try Self.directory(of: data)
        var reader = ByteReader(data, at: start, what: "the zip's directory")
        for _ in 0..<count { try readEntry(&reader) }
    }

    /// Names of the members.
    var names: [String] { Array(members.keys) }

    func contents(_ name: String) -> Data? {
        members[name].map { data[data.startIndex + $0.lowerBound..<data.startIndex + $0.upperBound] }
    }

    private static func directory(of data: Data) throws -> (count: Int, start: Int) {
        // The end record is 22 bytes, behind it at most a comment of 65,535.
        let signature: [UInt8] = [0x50, 0x4b, 0x05, 0x06]
        let lowest = max(0, data.count - 22 - 65_535)
        var at = data.count - 22
        while at >= lowest, !data[(data.startIndex + at)...].starts(with: signature) { at -= 1 }
        guard at >= lowest, at >= 0 else {
            throw WeightError(.truncated, "the zip has no end record: the file is cut short")
        }
        var reader = ByteReader(data, at: at + 10, what: "the zip's end record")
        var count = Int(try reader.integer(UInt16.self))
        _ = try reader.integer(UInt32.self)
        var start = Int(try reader.integer(UInt32.self))
        if start == 0xffff_ffff || count == 0xffff {
            guard at >= 20 else { throw WeightError(.corrupt, "the zip64 locator is missing") }
            var locator = ByteReader(data, at: at - 20, what: "the zip64 locator")
            guard try locator.integer(UInt32.self) == 0x0706_4b50 else {
                throw WeightError(.corrupt, "the zip64 locator is missing")
            }
            _ = try locator.integer(UInt32.self)
            var record = ByteReader(
                data, at: try offset(locator.integer(UInt64.self), in: data), what: "the zip64 end record")
            _ = try record.bytes(32)
            count = try offset(record.integer(UInt64.self), in: data)
            _ = try record.integer(UInt64.self)
            start = try offset(record.integer(UInt64.self), in: data)
        }
        guard start <= data.count, count <= data.count / 46 else {
            throw WeightError(.corrupt, "the zip's directory lies outside the file")
        }
        return (count, start)
    }

    private static func offset(_ value: UInt64, in data: Data) throws -> Int {
        guard value <= UInt64(data.count) else { throw WeightError(.corrupt, "a zip offset lies outside the file") }
        return Int(value)
    }

    private mutating func readEntry(_ reader: inout ByteReader) throws {
        guard try reader.integer(UInt32.self) == 0x0201_4b50 else {
            throw WeightError(.corrupt, "the zip's directory is damaged")
        }
        _ = try reader.bytes(4)
        let flags = try reader.integer(UInt16.self), method = try reader.integer(UInt16.self)
        _ = try reader.bytes(8)
        var packed = UInt64(try reader.integer(UInt32.self)), size = UInt64(try reader.integer(UInt32.self))
        let nameLength = Int(try reader.integer(UInt16.self)), extraLength = Int(try reader.integer(UInt16.self))
        let commentLength = Int(try reader.integer(UInt16.self))
        _ = try reader.bytes(8)
        var header = UInt64(try reader.integer(UInt32.self))
        let name = String(decoding: try reader.bytes(nameLength), as: UTF8.self)
        var extra = ByteReader(Data(try reader.bytes(extraLength)), what: "a zip extra field")
        _ = try reader.bytes(commentLength)
        while extra.remaining >= 4 {
            let kind = try extra.integer(UInt16.self), length = Int(try extra.integer(UInt16.self))
            var field = ByteReader(Data(try extra.bytes(length)), what: "a zip64 field")
            guard kind == 1 else { continue }
            if size == 0xffff_ffff { size = try field.integer(UInt64.self) }
            if packed == 0xffff_ffff { packed = try field.integer(UInt64.self) }
            if header == 0xffff_ffff { header = try field.integer(UInt64.self) }
        }
        if flags & 1 != 0 { throw WeightError(.unsupported, "\(name) in the zip is encrypted") }
        guard method == 0, packed == size else {
            throw WeightError(.unsupported, "\(name) in the zip is compressed; PyTorch stores its members plainly")
        }
        var local = ByteReader(data, at: try Self.offset(header, in: data), what: "\(name) in the zip")
        guard try local.integer(UInt32.self) == 0x0403_4b50 else {
            throw WeightError(.corrupt, "\(name) in the zip has no header where the directory says")
        }
        _ = try local.bytes(22)
        let localName = Int(try local.integer(UInt16.self)), localExtra = Int(try local.integer(UInt16.self))
        _ = try local.bytes(localName + localExtra)
        guard size <= UInt64(local.remaining) else {
            throw WeightError(.truncated, "\(name) in the zip is said to take \(size) bytes, \(local.remaining) remain")
        }
        members[name] = local.position..<local.position + Int(size)
    }
}
