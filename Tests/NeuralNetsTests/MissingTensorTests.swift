import Foundation
import NeuralNets
import TestSupport
import Testing

/// Networks that lack something: the error names the first tensor, as the file would, with both shapes.
@Suite struct MissingTensorTests {
    /// EfficientNet-B0 to stage 5 in a dialect's names.
    private func tensors(_ dialect: WeightDialect) throws -> [String: StoredTensor] {
        let names = try #require(DialectNames.efficientNets[.efficientnetB0])
        let renamed = try BackboneFixture.smallB0.get().map { (names.name($0.name, in: dialect), $0.tensor) }
        return Dictionary(uniqueKeysWithValues: renamed)
    }

    private func refusal(
        _ tensors: [String: StoredTensor], architecture: BackboneArchitecture? = nil
    ) throws -> String {
        let error = #expect(throws: WeightError.self) {
            try Backbone(file: WeightFile(tensors: tensors), name: "b0", architecture: architecture)
        }
        #expect(error?.code == .mismatch)
        return try #require(error).message
    }

    /// Takes out a tensor that must be there.
    private func remove(_ name: String, from tensors: inout [String: StoredTensor]) throws {
        let removed = tensors.removeValue(forKey: name)
        try #require(removed != nil, "\(name)")
    }

    private static let middle: [(WeightDialect, String, String)] = [
        (.torchvision, "features.2.0.block.1.1.running_mean", "features.4.1.block.2.fc2.bias"),
        (.timm, "blocks.1.0.bn2.running_mean", "blocks.3.1.se.conv_expand.bias"),
        (.port, "_blocks.1._bn1.running_mean", "_blocks.6._se_expand.bias"),
    ]

    @Test(arguments: middle)
    func the_first_missing_tensor_is_named_as_the_file_names_it(_ case: (WeightDialect, String, String)) throws {
        let (dialect, first, second) = `case`
        var tensors = try tensors(dialect)
        try remove(second, from: &tensors)
        #expect(
            try refusal(tensors) == "b0: \(second): expected [480] for efficientnet_b0, the file does not have it")
        try remove(first, from: &tensors)
        #expect(try refusal(tensors) == "b0: \(first): expected [96] for efficientnet_b0, the file does not have it")
    }

    @Test(arguments: middle)
    func the_first_tensor_of_another_shape_is_named_with_both_shapes(
        _ case: (WeightDialect, String, String)
    ) throws {
        let (dialect, first, second) = `case`
        var tensors = try tensors(dialect)
        tensors[second] = StoredTensor(floats: [1, 2], shape: [1, 2])
        tensors[first] = StoredTensor(floats: [Float](repeating: 0, count: 97), shape: [97])
        #expect(try refusal(tensors) == "b0: \(first): expected [96] for efficientnet_b0, the file has [97]")
        // The same number of values in another form is another shape.
        tensors[first] = StoredTensor(floats: [Float](repeating: 0, count: 96), shape: [96, 1])
        #expect(try refusal(tensors) == "b0: \(first): expected [96] for efficientnet_b0, the file has [96, 1]")
    }

    @Test func integers_instead_of_a_weight_are_refused() throws {
        var tensors = try tensors(.torchvision)
        tensors["features.0.1.weight"] = StoredTensor(integers: [Int](repeating: 1, count: 32), shape: [32])
        #expect(try refusal(tensors) == "b0: features.0.1.weight: expected floating point, the file has I64")
    }

    /// A level's first tensor says whether the file goes on; a file that ends before the default taps is of no use.
    @Test(
        arguments: [
            (.torchvision, "features.3.0.block.0.0.weight", "features.3"),
            (.timm, "blocks.2.0.conv_pw.weight", "features.3"),
            (.port, "_blocks.3._expand_conv.weight", "features.3"),
            (.torchvision, "features.5.0.block.0.0.weight", "features.5"),
        ] as [(WeightDialect, String, String)])
    func a_network_that_ends_too_early_names_where(dialect: WeightDialect, tensor: String, level: String) throws {
        var tensors = try tensors(dialect)
        try remove(tensor, from: &tensors)
        #expect(
            try refusal(tensors, architecture: .efficientnetB0)
                == "b0: \(tensor): expected for level \(level) of efficientnet_b0, the file does not have it")
    }

    @Test func resnets_and_mobilenets_that_end_too_early_name_where() throws {
        let resnet = try BackboneFixture.tensors(.resnet18, levels: ["conv1", "bn1", "layer1", "layer2"], value: 1)
        #expect(
            try refusal(Dictionary(uniqueKeysWithValues: resnet.map { ($0, $1) }))
                == "b0: layer3.0.conv1.weight: expected for level layer3 of resnet18, the file does not have it")
        let mobilenet = try BackboneFixture.tensors(
            .mobilenetV1, levels: ["conv_stem", "bn1", "blocks.0", "blocks.1", "blocks.2", "blocks.3.0"], value: 1)
        #expect(
            try refusal(Dictionary(uniqueKeysWithValues: mobilenet.map { ($0, $1) }))
                == "b0: blocks.3.1.conv_dw.weight: expected for level blocks.3.5 of mobilenet_v1, "
                + "the file does not have it")
    }

    @Test func tensors_of_absurd_shapes_do_not_stop_the_recognition() throws {
        let whole = try tensors(.torchvision)
        for name in ["features.0.0.weight", "features.1.0.block.2.0.weight", "features.4.2.block.3.0.weight"] {
            for shape in [[], [0], [1, 0, 3]] {
                var tensors = whole
                let count = shape.reduce(1, *)
                tensors[name] = StoredTensor(floats: [Float](repeating: 0, count: count), shape: shape)
                let error = #expect(throws: WeightError.self) {
                    try Backbone(file: WeightFile(tensors: tensors), name: "b0")
                }
                #expect(error?.message.contains("the network is none of") == true)
                #expect(try refusal(tensors, architecture: .efficientnetB0).contains("\(name): expected ["))
            }
        }
    }

    @Test func a_file_of_no_known_network_is_refused_with_its_content() throws {
        let error = #expect(throws: WeightError.self) {
            try Backbone(
                file: WeightFile(tensors: ["encoder.weight": StoredTensor(floats: [1], shape: [1])]), name: "vit.pth")
        }
        let message = try #require(error).message
        #expect(error?.code == .unsupported && message.hasPrefix("vit.pth: ") && message.contains("encoder.weight"))
    }
}
