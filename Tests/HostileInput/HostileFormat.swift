import DetectionCore
import DetectionMethods
import Foundation
import Imaging
import InspectionDomain
import InspectionPipeline
import NeuralNets
import SeededRandom

/// What `INSPECTD_FUZZ` names: a format of bytes that strangers give. Its reader may refuse in its own error, and
/// nothing else: no crash, no leak, no hang, and no memory beyond what its limits allow.
public enum HostileFormat: String, CaseIterable, Sendable {
    case jpeg, png, safetensors, pth, config, result, ledger

    public func read(_ data: Data) {
        switch self {
        case .jpeg, .png: picture(data)
        case .safetensors, .pth: weights(data)
        case .config:
            _ = try? Configuration.parse(String(decoding: data, as: UTF8.self), file: "/etc/inspectd/fuzz.yaml")
        case .result:
            roundTrip(Inspection.self, data)
            roundTrip(Alert.self, data)
        case .ledger: HostileLedger.shared.read(data)
        }
    }

    /// As the daemon takes a frame: is it complete, what is it, its pixels, the network's input.
    private func picture(_ data: Data) {
        _ = try? FileStructure.walk(size: data.count) { Data(data.dropFirst($0).prefix($1)) }
        let probe = try? Frame.probe(data)
        guard let frame = try? Frame.decode(data, limits: DecodeLimits(maxPixels: 1 << 18)) else { return }
        precondition(probe?.width == frame.width && probe?.height == frame.height, "the header says another size")
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 16 * 16 * 3) { input in
            frame.fillNetworkInput(input, width: 16, height: 16, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2])
        }
    }

    private func weights(_ data: Data) {
        guard let file = try? WeightFile.parse(data, name: "fuzz") else { return }
        for tensor in file.tensors.values {
            precondition(tensor.shape.reduce(1, *) == tensor.count, "a tensor's shape is not that of its bytes")
            _ = tensor.floats()
            _ = tensor.integers()
        }
        // As a backbone that is imported, and as a model.
        if let weights = try? NamedWeights(file: file, name: "fuzz") {
            _ = try? weights.tensor("features.0.0.weight", shape: [32, 3, 3, 3])
        }
        _ = try? ModelFile.decode(data, name: "fuzz")
    }

    /// What was read must be writable, and be the same when it is read again.
    private func roundTrip<Value: Codable & Equatable>(_ type: Value.Type, _ data: Data) {
        guard let value = try? DomainJSON.decoder().decode(type, from: data) else { return }
        do {
            let written = try DomainJSON.encoder().encode(value)
            let again = try DomainJSON.decoder().decode(type, from: written)
            precondition(again == value, "\(value) is written as \(String(decoding: written, as: UTF8.self))")
        } catch {
            fatalError("\(value) was read and cannot be written and read again: \(error)")
        }
    }
}

/// Random numbers in an order that a seed gives.
public struct SeededGenerator: RandomNumberGenerator {
    private var generator: SplitMix64

    public init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    public mutating func next() -> UInt64 { generator.next() }
}
