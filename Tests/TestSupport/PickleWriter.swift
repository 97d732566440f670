import Foundation

/// Writes a pickle opcode by opcode, so that tests can make what `torch.save` writes and what nobody should.
package struct PickleWriter {
    /// The pickle so far; `stop` ends it.
    package private(set) var data = Data([0x80, 2])

    package init() {}

    package mutating func op(_ bytes: UInt8..., times: Int = 1) {
        for _ in 0..<times { data.append(contentsOf: bytes) }
    }

    /// An opcode that is a character: `(`, `t`, `}` …
    package mutating func op(_ characters: String) { data.append(contentsOf: characters.utf8) }

    package mutating func string(_ text: String) {
        op("X")
        withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { data.append(contentsOf: $0) }
        op(text)
    }

    package mutating func integer(_ value: Int) {
        op(0x8a, 8)
        withUnsafeBytes(of: Int64(value).littleEndian) { data.append(contentsOf: $0) }
    }

    package mutating func tuple(_ values: [Int]) {
        op("(")
        for value in values { integer(value) }
        op("t")
    }

    package mutating func global(_ module: String, _ name: String) { op("c\(module)\n\(name)\n") }

    /// A tensor over a storage named by a persistent id.
    /// - Parameter isOld: by `_rebuild_tensor` of files before 2018 instead of `_rebuild_tensor_v2`.
    package mutating func tensor(
        storage key: String, type: String = "FloatStorage", count: Int, offset: Int = 0, shape: [Int], strides: [Int],
        isOld: Bool = false
    ) {
        global("torch._utils", isOld ? "_rebuild_tensor" : "_rebuild_tensor_v2")
        op("((")
        string("storage")
        global("torch", type)
        string(key)
        string("cpu")
        integer(count)
        op("tQ")
        integer(offset)
        tuple(shape)
        tuple(strides)
        if !isOld {
            op(0x89)
            global("collections", "OrderedDict")
            op(")R")
        }
        op("tR")
    }

    package mutating func stop() { op(".") }
}
