import DetectionCore
import DetectionMethods
import Foundation
import InspectionDomain
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// A fine-tuned built-in backbone stored as what changed in it.
@Suite struct BackboneDifferenceTests {
    private func builtIn() throws -> Backbone {
        let tensors = try BackboneFixture.tensors(.mobilenetV1, source: FormulaWeights())
        return try Backbone(
            file: WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors)), name: "noise",
            architecture: .mobilenetV1
        ).builtIn()
    }

    private func model(_ backbone: Backbone) -> GaussianModel {
        let d = 32
        let identity = (0..<d * d).map { $0 / d == $0 % d ? 1.0 : 0.0 }
        let level = GaussianModel.Level(
            name: "blocks.0.0", mean: [Double](repeating: 0, count: d), whitening: identity, rank: d)
        return GaussianModel(
            backbone: backbone, inputWidth: 32, inputHeight: 32, levels: [level],
            pixels: .tied([("blocks.0.0", [Float](repeating: 0, count: d), identity.map(Float.init))]))
    }

    /// The backbone with the parameters of some scopes changed by `change`.
    private func changed(
        _ backbone: Backbone, under scope: String, by change: (Float, Int) -> Float
    ) -> Backbone {
        var parameters = NetworkParameters(of: backbone.graph)
        for (index, name) in parameters.names.enumerated() where name.hasPrefix(scope) {
            for at in parameters.values[index].values.indices {
                parameters.values[index].values[at] = change(parameters.values[index].values[at], at)
            }
        }
        return backbone.with(parameters)
    }

    private func stored(_ backbone: Backbone) throws -> Data {
        try ModelFile(model: model(backbone), selfTestScore: 1).encoded()
    }

    private func backbone(of data: Data, base: Backbone) throws -> Backbone {
        let file = try ModelFile.decode(data, name: "tuned") { $0 == "noise" ? base.file : nil }
        return try #require(file.model as? GaussianModel).backbone
    }

    @Test func small_changes_are_stored_in_fewer_bytes_and_read_back_bit_for_bit() throws {
        let base = try builtIn(), whole = try stored(base).count
        let tuned = changed(base, under: "") { value, at in value * (1 + Float(at % 7) * 1e-5) }
        let data = try stored(tuned)
        #expect(Double(data.count) < 0.8 * Double(whole), "\(data.count) of \(whole) bytes")
        #expect(try backbone(of: data, base: base).file.tensors == tuned.file.tensors)
    }

    @Test func of_stages_that_did_not_change_nothing_is_stored() throws {
        let base = try builtIn()
        let tuned = changed(base, under: "blocks.0.") { value, _ in value + 0.25 }
        let data = try stored(tuned), file = try WeightFile.parse(data, name: "tuned")
        let names = file.tensors.keys.filter { $0.hasPrefix("backbone") }
        #expect(!names.isEmpty && names.allSatisfy { $0.contains("blocks.0.") })
        #expect(try backbone(of: data, base: base).file.tensors == tuned.file.tensors)
    }

    @Test func any_change_is_read_back_bit_for_bit() throws {
        let base = try builtIn()
        let odd: [Float] = [
            .zero, -.zero, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity,
            -.infinity, 1, -1, Float(bitPattern: 0x7fff_ffff), Float(bitPattern: 0xffff_ffff),
        ]
        let tuned = changed(base, under: "blocks.0.0.") { value, at in at % 3 == 0 ? odd[at / 3 % odd.count] : value }
        let read = try backbone(of: try stored(tuned), base: base).file.tensors
        // Not-a-number is unlike itself: bits are compared.
        #expect(read.keys == tuned.file.tensors.keys)
        for (name, tensor) in tuned.file.tensors { #expect(read[name]?.bytes == tensor.bytes, "\(name)") }
    }

    @Test func an_untouched_backbone_and_one_from_a_file_are_stored_whole() throws {
        let base = try builtIn()
        let file = try Backbone(file: base.file, name: "noise", architecture: .mobilenetV1)
        for backbone in [base, changed(file, under: "blocks.0.") { value, _ in value + 0.25 }] {
            // No base is offered: nothing beside the file is needed.
            let read = try ModelFile.decode(try stored(backbone), name: "whole").model as? GaussianModel
            #expect(read?.backbone.file.tensors == backbone.file.tensors)
        }
    }

    @Test func another_base_is_refused_in_words() throws {
        let base = try builtIn()
        let data = try stored(changed(base, under: "blocks.0.") { value, _ in value + 0.25 })
        let other = changed(base, under: "blocks.4.") { value, _ in value + 1 }
        for bases in [{ _ in nil }, { _ in other.file }] as [(String) -> WeightFile?] {
            let error = #expect(throws: ModelError.self) { try ModelFile.decode(data, name: "tuned", bases: bases) }
            #expect(error?.message.contains("noise") == true && error?.message.contains("fit again") == true)
        }
    }

    @Test func damaged_steps_are_refused_by_name() throws {
        let base = try builtIn()
        let data = try stored(changed(base, under: "blocks.0.") { value, _ in value * 1.00001 })
        let file = try WeightFile.parse(data, name: "tuned")
        let name = try #require(file.tensors.keys.filter { $0.hasPrefix("backbone_steps.") }.min())
        let bytes = try #require(file.tensors[name]).bytes
        let endless = Data(repeating: 0xff, count: bytes.count)
        for damaged in [bytes.dropLast(), bytes + [1], Data(), endless] {
            var copy = file
            copy.tensors[name] = StoredTensor(octets: Data(damaged))
            let error = #expect(throws: ModelError.self) {
                try ModelFile.decode(try copy.encodedAsSafetensors(), name: "tuned") { _ in base.file }
            }
            #expect(error?.message.contains(name) == true)
        }
    }
}
