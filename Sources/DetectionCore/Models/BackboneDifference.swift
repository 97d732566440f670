import CKernels
import Foundation
import NeuralNets

/// A fine-tuned backbone stored as its difference from the embedded one that it began as: unchanged tensors are left
/// out, the others hold the steps from the old value to the new one if that takes fewer bytes. Lossless, bit for bit.
///
/// On disk: settings `base.name` and `base.digest`; `backbone_steps.<name>`, U8: for each value the difference of the
/// two float32 bit patterns as integers, least significant seven bits first, the eighth bit set while more follow, the
/// sign in the lowest bit. Values that training moved a little lie few steps apart.
package enum BackboneDifference {
    /// A program's embedded backbones by name; nil for unknown names.
    package typealias Source = (_ name: String) throws -> WeightFile?

    private static let whole = "backbone.", steps = "backbone_steps."

    /// Whether a model's file holds a difference.
    package static func isIn(_ file: WeightFile) -> Bool { file.metadata["base.name"] != nil }

    /// Replaces the backbone's tensors in a model by their differences from `base`.
    package static func shorten(_ contents: inout ModelContents, from base: WeightFile, named name: String) {
        for (key, old) in base.tensors {
            guard let tensor = contents.tensors[whole + key], tensor.shape == old.shape else { continue }
            if tensor == old {
                contents.tensors[whole + key] = nil
            } else if tensor.dtype == .f32, old.dtype.isFloatingPoint {
                let bytes = encode(tensor.floats(), from: old.floats())
                guard bytes.count < tensor.bytes.count else { continue }
                contents.tensors[whole + key] = nil
                contents.tensors[steps + key] = StoredTensor(octets: bytes)
            }
        }
        contents.settings["base.name"] = name
        contents.settings["base.digest"] = digest(base)
    }

    /// The file with every tensor of its backbone; the file itself if it was stored whole.
    /// - Throws: `ModelError` if the base is missing or another one, or if the difference is damaged.
    package static func complete(_ file: WeightFile, name: String, bases: Source) throws -> WeightFile {
        guard let baseName = file.metadata["base.name"] else { return file }
        guard let base = try bases(baseName), digest(base) == file.metadata["base.digest"] else {
            throw ModelError(
                "\(name) holds only the changes of fine-tuning to the embedded backbone \(baseName), and this version has "
                    + "another one; use the version that fitted the model, or fit again")
        }
        var complete = file
        for (key, old) in base.tensors where complete.tensors[whole + key] == nil {
            guard let difference = complete.tensors.removeValue(forKey: steps + key) else {
                complete.tensors[whole + key] = old
                continue
            }
            guard difference.dtype == .u8, let floats = decode(difference.bytes, from: old.floats()) else {
                throw ModelError("\(name) is damaged at '\(steps + key)'; fit again")
            }
            complete.tensors[whole + key] = StoredTensor(floats: floats, shape: old.shape)
        }
        return complete
    }

    /// Distinguishes sets of weights; no protection against forgery.
    package static func digest(_ file: WeightFile) -> String {
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) {
            for byte in name.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
            digest = (digest ^ ck_digest(tensor.floats(), tensor.count)) &* 0x100_0000_01b3
        }
        return String(digest, radix: 16)
    }

    package static func encode(_ new: [Float], from old: [Float]) -> Data {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(3 * new.count)
        for (new, old) in zip(new, old) {
            let step = Int32(bitPattern: new.bitPattern) &- Int32(bitPattern: old.bitPattern)
            var rest = UInt32(bitPattern: step << 1 ^ step >> 31)
            while rest > 0x7f {
                bytes.append(UInt8(rest & 0x7f) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }
        return Data(bytes)
    }

    /// Nil for bytes that `encode` cannot have written for this number of values.
    package static func decode(_ bytes: Data, from old: [Float]) -> [Float]? {
        var floats: [Float] = []
        floats.reserveCapacity(old.count)
        var rest: UInt32 = 0, shift: UInt32 = 0
        for byte in bytes {
            guard shift < 35, floats.count < old.count else { return nil }
            rest |= UInt32(byte & 0x7f) << shift
            shift += 7
            guard byte < 0x80 else { continue }
            let step = Int32(bitPattern: rest >> 1) ^ -Int32(bitPattern: rest & 1)
            floats.append(Float(bitPattern: old[floats.count].bitPattern &+ UInt32(bitPattern: step)))
            (rest, shift) = (0, 0)
        }
        return floats.count == old.count && shift == 0 ? floats : nil
    }
}
