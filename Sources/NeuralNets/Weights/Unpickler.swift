import Foundation

/// A restricted interpreter of pickle protocols 0 to 5: it builds values, and calls nothing but the constructors of
/// `PickleGlobal`, which are written here. Time and memory are bounded by the bytes that it reads.
struct Unpickler {
    /// Bytes; unpickled, they take many times as much. A network of a thousand layers needs less than a tenth.
    private static let longestPickle = 8 << 20
    /// The containers of every pickle read so far.
    private(set) var heap = PickleHeap()
    /// The element type of every storage that was named, by the storage's key.
    private(set) var storageTypes: [String: StoredTensor.DType] = [:]
    private var reader: ByteReader
    /// Pairs that constructors copied so far.
    private var copied = 0
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    init(_ data: Data, at position: Int = 0, what: String) {
        reader = ByteReader(data, at: position, what: what)
    }

    /// Where the next pickle would begin.
    var position: Int { reader.position }

    /// Reads one pickle, to its STOP.
    mutating func load() throws -> PickleValue {
        stack = []
        marks = []
        memo = [:]
        let start = reader.position
        while true {
            guard reader.position - start <= Self.longestPickle else {
                throw WeightError(
                    .refused,
                    "a pickle of over \(Self.longestPickle) bytes: a network's takes a tenth; "
                        + "save a model's state_dict() alone")
            }
            let opcode = try reader.byte()
            if opcode == UInt8(ascii: ".") { return try pop() }
            try execute(opcode)
        }
    }

    private mutating func execute(_ opcode: UInt8) throws {
        if try pushLiteral(opcode) { return }
        if try makeContainer(opcode) { return }
        switch opcode {
        case 0x80: _ = try reader.byte()
        case 0x95: _ = try reader.bytes(8)
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "2"): stack.append(try top())
        case UInt8(ascii: "q"): memo[Int(try reader.byte())] = try top()
        case UInt8(ascii: "r"): memo[Int(try reader.integer(UInt32.self))] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "h"): try recall(Int(try reader.byte()))
        case UInt8(ascii: "j"): try recall(Int(try reader.integer(UInt32.self)))
        case UInt8(ascii: "c"): stack.append(.global(try PickleGlobal(module: reader.line(), name: reader.line())))
        case 0x93:
            guard let name = try pop().stringValue, let module = try pop().stringValue else {
                throw damaged("a global")
            }
            stack.append(.global(try PickleGlobal(module: module, name: name)))
        case UInt8(ascii: "R"), 0x81: try call()
        case UInt8(ascii: "b"): try build()
        case UInt8(ascii: "Q"):
            let storage = try TorchObjects.persistent(try pop(), heap)
            storageTypes[storage.key] = storage.dtype
            stack.append(.storage(storage))
        default:
            throw WeightError(
                .refused,
                "pickle opcode 0x\(String(opcode, radix: 16)) is not one that a weight file needs; nothing was run")
        }
    }

    /// Numbers, strings, bytes.
    /// - Returns: whether the opcode was one of theirs.
    private mutating func pushLiteral(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        case UInt8(ascii: "I"), UInt8(ascii: "L"): try pushIntegerLine()
        case UInt8(ascii: "J"): stack.append(.integer(Int(try reader.integer(Int32.self))))
        case UInt8(ascii: "K"): stack.append(.integer(Int(try reader.byte())))
        case UInt8(ascii: "M"): stack.append(.integer(Int(try reader.integer(UInt16.self))))
        case 0x8a: try pushLong(Int(try reader.byte()))
        case UInt8(ascii: "G"):
            let bits = try reader.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            stack.append(.float(Double(bitPattern: bits)))
        case UInt8(ascii: "F"):
            guard let value = Double(try reader.line()) else { throw damaged("a float") }
            stack.append(.float(value))
        case UInt8(ascii: "X"): try pushString(Int(try reader.integer(UInt32.self)))
        case 0x8c: try pushString(Int(try reader.byte()))
        case UInt8(ascii: "U"): try pushString(Int(try reader.byte()))
        case UInt8(ascii: "T"): try pushString(Int(try reader.integer(UInt32.self)))
        case 0x8d: try pushString(try length64())
        case UInt8(ascii: "B"): stack.append(.bytes(Data(try reader.bytes(Int(try reader.integer(UInt32.self))))))
        case UInt8(ascii: "C"): stack.append(.bytes(Data(try reader.bytes(Int(try reader.byte())))))
        default: return false
        }
        return true
    }

    /// Sequences and dictionaries, and what is put into them.
    /// - Returns: whether the opcode was one of theirs.
    private mutating func makeContainer(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: ")"): stack.append(heap.sequence([]))
        case UInt8(ascii: "]"), 0x8f: stack.append(heap.sequence([]))
        case UInt8(ascii: "}"): stack.append(heap.dictionary([]))
        case UInt8(ascii: "t"), UInt8(ascii: "l"): stack.append(heap.sequence(try popToMark()))
        case UInt8(ascii: "d"): stack.append(heap.dictionary(try pairs(popToMark())))
        case 0x85: try pushTuple(1)
        case 0x86: try pushTuple(2)
        case 0x87: try pushTuple(3)
        case UInt8(ascii: "a"): try append([pop()])
        case UInt8(ascii: "e"), 0x90: try append(popToMark())
        case UInt8(ascii: "s"):
            let value = try pop(), key = try pop()
            try setItems([(key, value)])
        case UInt8(ascii: "u"): try setItems(try pairs(popToMark()))
        default: return false
        }
        return true
    }

    private func damaged(_ what: String) -> WeightError { WeightError(.corrupt, "the pickle is damaged at \(what)") }

    private func top() throws -> PickleValue {
        guard let value = stack.last else { throw damaged("an empty stack") }
        return value
    }

    private mutating func pop() throws -> PickleValue {
        guard let value = stack.popLast() else { throw damaged("an empty stack") }
        return value
    }

    private mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast(), mark <= stack.count else { throw damaged("a missing mark") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func pushTuple(_ count: Int) throws {
        guard stack.count >= count else { throw damaged("a tuple") }
        let items = Array(stack.suffix(count))
        stack.removeLast(count)
        stack.append(heap.sequence(items))
    }

    private mutating func call() throws {
        guard let arguments = heap.items(of: try pop()) else { throw damaged("arguments of a call") }
        // Honest files give every pair to one dictionary, so no more are copied than were read.
        copied += heap.items(of: arguments.first)?.count ?? 0
        guard copied <= reader.position else { throw damaged("a container that is copied again and again") }
        stack.append(try TorchObjects.call(try pop(), arguments, &heap))
    }

    private mutating func pushString(_ length: Int) throws {
        stack.append(.string(String(decoding: try reader.bytes(length), as: UTF8.self)))
    }

    private mutating func length64() throws -> Int {
        guard let length = Int(exactly: try reader.integer(UInt64.self)) else { throw damaged("a length") }
        return length
    }

    private mutating func pushIntegerLine() throws {
        let text = try reader.line()
        if text == "00" || text == "01" { return stack.append(.bool(text == "01")) }
        guard let value = Int(text.hasSuffix("L") ? String(text.dropLast()) : text) else { throw damaged("an integer") }
        stack.append(.integer(value))
    }

    /// Little-endian two's complement; the header's magic number takes 10 bytes, more than fits, and only its bytes
    /// count.
    private mutating func pushLong(_ length: Int) throws {
        let bytes = try reader.bytes(length)
        if length > 8 { return stack.append(.bytes(Data(bytes))) }
        var value = bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
        if length > 0, length < 8, value >> (8 * length - 1) & 1 == 1 { value -= 1 << (8 * length) }
        stack.append(.integer(value))
    }

    private mutating func recall(_ key: Int) throws {
        guard let value = memo[key] else { throw damaged("memo entry \(key)") }
        stack.append(value)
    }

    private mutating func append(_ items: [PickleValue]) throws {
        guard heap.append(items, to: try top()) else { throw damaged("an append") }
    }

    private func pairs(_ items: [PickleValue]) throws -> [PickleHeap.Pair] {
        guard items.count.isMultiple(of: 2) else { throw damaged("dictionary items") }
        return stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) }
    }

    private mutating func setItems(_ items: [PickleHeap.Pair]) throws {
        guard heap.append(items, to: try top()) else { throw damaged("a dictionary item") }
    }

    /// BUILD sets attributes; an OrderedDict of weights carries `_metadata` that way, and nothing else matters.
    private mutating func build() throws {
        _ = try pop()
        switch try top() {
        case .dictionary, .tensor, .opaque: return
        default:
            throw WeightError(.refused, "the pickle sets attributes of something that is not a container of tensors")
        }
    }
}
