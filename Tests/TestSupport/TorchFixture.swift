import Foundation
import NeuralNets

/// PyTorch's two containers around a pickle and its storages.
package enum TorchFixture {
    package struct Storage {
        package let key: String
        /// Elements.
        package let count: Int
        package let bytes: Data

        package init(key: String, count: Int, bytes: Data) {
            self.key = key
            self.count = count
            self.bytes = bytes
        }

        package init(key: String, floats: [Float]) {
            self.init(key: key, count: floats.count, bytes: floats.withUnsafeBytes { Data($0) })
        }
    }

    /// The pickle of `torch.save(state_dict)`: float tensors, each with a storage of its own, and those storages.
    package static func stateDict(_ tensors: [String: StoredTensor]) -> (pickle: Data, storages: [Storage]) {
        var pickle = PickleWriter()
        var storages: [Storage] = []
        pickle.global("collections", "OrderedDict")
        pickle.op(")R(")
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let storage = Storage(key: "\(storages.count)", floats: tensor.floats())
            var strides = [Int](repeating: 1, count: tensor.shape.count)
            for axis in strides.indices.dropLast().reversed() {
                strides[axis] = strides[axis + 1] * tensor.shape[axis + 1]
            }
            pickle.string(name)
            pickle.tensor(storage: storage.key, count: storage.count, shape: tensor.shape, strides: strides)
            storages.append(storage)
        }
        pickle.op("u")
        pickle.stop()
        return (pickle.data, storages)
    }

    /// The older stream of pickles: magic number, protocol, system, the object, the storage keys, the storages.
    package static func stream(_ pickle: Data, _ storages: [Storage]) -> Data {
        var file = Data([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e])
        file.append(contentsOf: [0x80, 2, 0x4d, 0xe9, 0x03, 0x2e])
        var system = PickleWriter()
        system.op("}")
        system.string("little_endian")
        system.op(0x88)
        system.op("s.")
        file += system.data + pickle
        var keys = PickleWriter()
        keys.op("](")
        for storage in storages { keys.string(storage.key) }
        keys.op("e.")
        file += keys.data
        for storage in storages { file += little(Int64(storage.count)) + storage.bytes }
        return file
    }

    /// The zip of version 1.6 and later: stored members under one folder.
    package static func zip(_ pickle: Data, _ storages: [Storage]) -> Data {
        var members = [("archive/data.pkl", pickle), ("archive/byteorder", Data("little".utf8))]
        members += storages.map { ("archive/data/\($0.key)", $0.bytes) }
        return zip(members + [("archive/version", Data("3\n".utf8))])
    }

    /// - Parameters:
    ///   - flags: of every member; bit 0 says encrypted.
    ///   - method: of every member; 0 is stored, 8 deflated. The bytes are written as they are.
    package static func zip(_ members: [(name: String, bytes: Data)], flags: UInt16 = 0, method: UInt16 = 0) -> Data {
        var file = Data(), directory = Data()
        for (name, bytes) in members {
            let size = UInt32(bytes.count), offset = UInt32(file.count)
            var common = little(flags) + little(method) + little(UInt32(0)) + little(checksum(bytes))
            common += little(size) + little(size) + little(UInt16(name.utf8.count)) + little(UInt16(0))
            file += little(UInt32(0x0403_4b50)) + little(UInt16(20)) + common + Data(name.utf8) + bytes
            directory += little(UInt32(0x0201_4b50)) + little(UInt16(20)) + little(UInt16(20)) + common
            directory += Data(count: 10) + little(offset) + Data(name.utf8)
        }
        let start = UInt32(file.count), count = UInt16(members.count)
        file += directory + little(UInt32(0x0605_4b50)) + Data(count: 4) + little(count) + little(count)
        return file + little(UInt32(directory.count)) + little(start) + little(UInt16(0))
    }

    private static func little(_ value: some FixedWidthInteger) -> Data {
        withUnsafeBytes(of: value.littleEndian) { Data($0) }
    }

    /// CRC-32 as zip has it (polynomial 0xedb88320).
    private static func checksum(_ bytes: Data) -> UInt32 {
        ~bytes.reduce(~0 as UInt32) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
        }
    }
}
