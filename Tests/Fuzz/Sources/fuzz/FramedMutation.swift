import HostileInput

/// A format whose parts are framed by lengths or checksums. Mutating a part and framing it again reaches the code
/// behind the first check; damage to the frames themselves is left to plain mutations.
protocol Framing {
    /// Nil when the bytes are not of this format.
    static func parts(of bytes: [UInt8]) -> [[UInt8]]?
    static func framed(_ parts: [[UInt8]]) -> [UInt8]
    /// Whether parts may come twice, be missing, or change places.
    static var isList: Bool { get }
}

/// One mutation: three times in four of a part, else of the bytes as they are.
struct FramedMutation {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// - Returns: the new count of bytes in `buffer`.
    mutating func mutate(_ buffer: UnsafeMutableBufferPointer<UInt8>, count: Int, as framing: any Framing.Type) -> Int {
        let plain = { mutateBytes(buffer.baseAddress!, count, buffer.count) }
        guard Int.random(in: 0..<4, using: &random) > 0, var parts = framing.parts(of: Array(buffer[..<count])),
            !parts.isEmpty
        else { return plain() }
        if framing.isList, Int.random(in: 0..<8, using: &random) == 0 {
            rearrange(&parts)
        } else {
            let index = parts.indices.randomElement(using: &random)!
            parts[index] = mutated(parts[index], room: parts[index].count + max(0, buffer.count - count))
        }
        let bytes = framing.framed(parts)
        guard bytes.count <= buffer.count else { return plain() }
        _ = buffer.update(fromContentsOf: bytes)
        return bytes.count
    }

    private func mutated(_ part: [UInt8], room: Int) -> [UInt8] {
        guard room > 0 else { return part }
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            _ = buffer.update(fromContentsOf: part)
            count = mutateBytes(buffer.baseAddress!, part.count, room)
        }
    }

    private mutating func rearrange(_ parts: inout [[UInt8]]) {
        let one = parts.indices.randomElement(using: &random)!
        let other = parts.indices.randomElement(using: &random)!
        switch Int.random(in: 0..<3, using: &random) {
        case 0: parts.swapAt(one, other)
        case 1: parts.insert(parts[one], at: other)
        default: if parts.count > 1 { parts.remove(at: one) }
        }
    }
}

/// Numbers in bytes.
extension [UInt8] {
    /// Nil outside the bytes.
    func littleEndian(_ count: Int, at offset: Int) -> Int? {
        guard offset >= 0, offset + count <= self.count else { return nil }
        return self[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    static func littleEndian(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
