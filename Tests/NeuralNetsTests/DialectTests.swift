import Foundation
import NeuralNets
import TensorCore
import TestSupport
import Testing

/// One network under the names of torchvision, timm and the EfficientNet-PyTorch port.
@Suite struct DialectTests {
    /// EfficientNet-B0 to stage 5 in a dialect's names, through the bytes of a file.
    private func file(_ dialect: WeightDialect, metadata: [String: String] = [:]) throws -> WeightFile {
        let names = try #require(DialectNames.efficientNets[.efficientnetB0])
        let tensors = try BackboneFixture.smallB0.get().map { (names.name($0.name, in: dialect), $0.tensor) }
        let file = WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors), metadata: metadata)
        return try WeightFile.parse(try file.encodedAsSafetensors(), name: "b0")
    }

    private func backbone(
        _ file: WeightFile, architecture: BackboneArchitecture? = nil, dialect: WeightDialect? = nil
    ) throws -> Backbone {
        try Backbone(file: file, name: "b0", architecture: architecture, dialect: dialect)
    }

    private static let taps = (0...5).map { "features.\($0)" }

    private static let picture: Tensor = {
        // Odd and even sizes pad differently.
        let values = FormulaWeights.plainValues("picture", count: 66 * 75 * 3)
        return Tensor(shape: [1, 66, 75, 3], values: values)
    }()

    /// Every stage's output for the image.
    private func features(_ backbone: Backbone) throws -> [[Float]] {
        let extractor = try FeatureExtractor(
            backbone: backbone, inputHeight: 66, inputWidth: 75, taps: Self.taps, threads: 1)
        _ = extractor.input.update(fromContentsOf: Self.picture.values)
        extractor.run()
        return extractor.features.map { Array($0.values) }
    }

    private func refusal(_ body: () throws -> Void) throws -> WeightError {
        try #require(#expect(throws: WeightError.self) { try body() })
    }

    // MARK: Names

    @Test func the_renamed_files_have_the_published_names_and_shapes() throws {
        let timm = try file(.timm).tensors.mapValues(\.shape), port = try file(.port).tensors.mapValues(\.shape)
        #expect(timm["conv_stem.weight"] == [32, 3, 3, 3] && timm["bn1.running_var"] == [32])
        #expect(timm["blocks.0.0.conv_pw.weight"] == [16, 32, 1, 1] && timm["blocks.0.0.bn2.bias"] == [16])
        #expect(timm["blocks.1.0.se.conv_reduce.weight"] == [4, 96, 1, 1])
        #expect(timm["blocks.2.0.conv_dw.weight"] == [144, 1, 5, 5])
        #expect(timm["blocks.4.2.conv_pwl.weight"] == [112, 672, 1, 1] && timm["blocks.4.2.bn3.weight"] == [112])
        #expect(port["_conv_stem.weight"] == [32, 3, 3, 3] && port["_bn0.running_var"] == [32])
        #expect(port["_blocks.0._project_conv.weight"] == [16, 32, 1, 1])
        #expect(
            port["_blocks.1._se_expand.bias"] == [96] && port["_blocks.3._depthwise_conv.weight"] == [144, 1, 5, 5])
        #expect(port["_blocks.10._project_conv.weight"] == [112, 672, 1, 1] && port["_blocks.10._bn2.bias"] == [112])
    }

    @Test(arguments: WeightDialect.allCases)
    func a_dialect_is_recognised_by_its_names(_ dialect: WeightDialect) throws {
        let loaded = try backbone(try file(dialect))
        // timm's tf_* models have timm's names; only metadata or force tells them apart.
        #expect(loaded.dialect == (dialect == .timmTF ? .timm : dialect))
        #expect(loaded.architecture == .efficientnetB0)
        #expect(loaded.tapNames == Self.taps && loaded.defaultTaps == ["features.3", "features.5"])
    }

    static let networks: [(BackboneArchitecture, [String])] = [
        (.efficientnetB0, []), (.efficientnetB1, []), (.efficientnetB2, []), (.efficientnetB3, []),
        (.efficientnetB4, []), (.efficientnetLite0, []), (.efficientnetLite1, []), (.efficientnetLite2, []),
        (.efficientnetLite3, []), (.efficientnetLite4, []), (.mobilenetV1, []), (.resnet18, []),
        (.wideResnet50, ["conv1", "bn1", "layer1.", "layer2.", "layer3."]),
    ]

    @Test(arguments: networks)
    func every_network_is_recognised_by_its_tensors_alone(
        _ architecture: BackboneArchitecture, levels: [String]
    ) throws {
        let tensors = try BackboneFixture.tensors(architecture, levels: levels, value: 0.5)
        let names = DialectNames.efficientNets[architecture]
        for dialect in names == nil ? [.torchvision] : [.torchvision, .timm, .port] as [WeightDialect] {
            let renamed = tensors.map { (names?.name($0.name, in: dialect) ?? $0.name, $0.tensor) }
            let weights = try NamedWeights(
                file: WeightFile(tensors: Dictionary(uniqueKeysWithValues: renamed)), name: "file")
            #expect(weights.architecture == architecture, "in \(dialect.rawValue)'s names")
            for (name, tensor) in tensors {
                #expect(weights.contains(name), "\(name) in \(dialect.rawValue)'s names")
                if tensor.count < 100 { #expect(try weights.tensor(name, shape: tensor.shape).count == tensor.count) }
            }
        }
    }

    // MARK: Padding and epsilon

    @Test func timms_names_give_torchvisions_forward_bit_for_bit() throws {
        let torchvision = try features(try backbone(try file(.torchvision)))
        let timm = try features(try backbone(try file(.timm)))
        #expect(torchvision.count == 6 && torchvision.allSatisfy { $0.contains { $0 != 0 } })
        #expect(timm == torchvision)
    }

    @Test func the_port_and_tf_models_pad_and_normalise_as_tensorflow_does() throws {
        let port = try features(try backbone(try file(.port)))
        let tf = try features(try backbone(try file(.timm), dialect: .timmTF))
        #expect(port == tf)
        // The same values, padding and epsilon stated here, op by op.
        let graph = try BackboneArchitecture.efficientnetB0.graph(TensorFlowStyle())
        let nodes = try Self.taps.map { try #require(graph.node(named: $0)) }
        for (tap, (got, want)) in zip(Self.taps, zip(port, graph.forward(Self.picture, nodes: nodes))) {
            #expect(worstDifference(got, want.values).difference <= 1e-4, "\(tap)")
        }
        let symmetric = try features(try backbone(try file(.timm)))
        for (tap, (same, other)) in zip(Self.taps, zip(port, symmetric)) {
            #expect(worstDifference(same, other).difference > 1e-3, "\(tap): the dialect changed nothing")
        }
    }

    /// The golden files' formula under TensorFlow's conventions.
    private struct TensorFlowStyle: ParameterSource {
        private let formula = FormulaWeights(prefixes: DialectTests.taps.map { "\($0)." })
        let padding = PaddingStyle.same
        let batchNormEpsilon: Float = 1e-3
        func contains(_ name: String) -> Bool { formula.contains(name) }
        func tensor(_ name: String, shape: [Int]) throws -> [Float] { try formula.tensor(name, shape: shape) }
    }

    @Test(arguments: WeightDialect.allCases)
    func every_convolution_and_norm_follows_its_dialect(_ dialect: WeightDialect) throws {
        let isTensorFlow = dialect == .port || dialect == .timmTF
        let graph = try backbone(try file(dialect), dialect: dialect).graph
        var strided = 0, norms = 0
        for node in graph.nodes {
            switch node.layer {
            case let convolution as Convolution where convolution.stride == 2:
                strided += 1
                let kernel = convolution.kernel, even = convolution.padding(for: 64), odd = convolution.padding(for: 65)
                // SAME: 64 → 32 needs kernel − 2 more pixels, 65 → 33 needs kernel − 1; the odd one comes last.
                #expect(even.total == (isTensorFlow ? kernel - 2 : kernel - 1))
                #expect(even.before == (isTensorFlow ? (kernel - 2) / 2 : kernel / 2))
                #expect(odd == ((kernel - 1) / 2, kernel - 1))
                #expect([64, 65].map { convolution.grid(over: .pixels($0)).count } == [32, 33])
            case let norm as BatchNorm:
                norms += 1
                #expect(norm.epsilon == (isTensorFlow ? 1e-3 : 1e-5))
            default: break
            }
        }
        // The stem and stages 2, 3, 4; the stem's norm, two of stage 1's block and three of each of the ten others.
        #expect(strided == 4 && norms == 33)
    }

    @Test func mobilenet_and_resnet_keep_pytorchs_epsilon() throws {
        for (architecture, levels) in [
            (.mobilenetV1, ["conv_stem", "bn1", "blocks.0", "blocks.1", "blocks.2", "blocks.3"]), (.resnet18, []),
        ] as [(BackboneArchitecture, [String])] {
            let tensors = try BackboneFixture.tensors(architecture, levels: levels, value: 0.5)
            let loaded = try backbone(WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors.map { ($0, $1) })))
            #expect(loaded.architecture == architecture && loaded.defaultTaps.count >= 2)
            let epsilons = loaded.graph.nodes.compactMap { ($0.layer as? BatchNorm)?.epsilon }
            #expect(epsilons.count > 15 && epsilons.allSatisfy { $0 == 1e-5 })
        }
    }

    @Test func a_lite_network_expects_pixels_as_it_was_trained_with_them() throws {
        let tensors = try BackboneFixture.tensors(.efficientnetLite0, value: 0.5)
        let file = WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors.map { ($0, $1) }))
        let mean = try backbone(file).normalization.mean, std = try backbone(file).normalization.std
        // (p − 127) / 128 of bytes p: 127 gives 0, 255 gives 1.
        #expect(mean.allSatisfy { abs(127 / 255 - $0) < 1e-6 })
        #expect(zip(mean, std).allSatisfy { abs((1 - $0) / $1 - 1) < 1e-6 })
        let other = WeightFile(tensors: file.tensors, metadata: ["mean": "0.5,0.5,0.5", "std": "0.5,0.5,0.5"])
        #expect(try backbone(other).normalization.mean == [0.5, 0.5, 0.5], "a file's own numbers come first")
    }

    // MARK: Force and metadata

    @Test func a_forced_dialect_decides_over_the_names() throws {
        let forced = try backbone(try file(.timm), dialect: .timmTF)
        #expect(forced.dialect == .timmTF)
        // Names of another dialect are not there to be found.
        let unknown = try refusal { _ = try backbone(try file(.timm), dialect: .port) }
        #expect(unknown.code == .unsupported && unknown.message.contains("efficientnet-pytorch's names"), "\(unknown)")
        let missing = try refusal {
            _ = try backbone(try file(.timm), architecture: .efficientnetB0, dialect: .port)
        }
        #expect(missing.code == .mismatch, "\(missing)")
        #expect(missing.message.contains("b0: _conv_stem.weight: expected [32, 3, 3, 3] for efficientnet_b0"))
    }

    @Test func metadata_tells_dialect_and_epsilon() throws {
        let tf = try backbone(try file(.timm, metadata: ["architecture": "tf_efficientnet_b0.ns_jft_in1k"]))
        #expect(tf.dialect == .timmTF && tf.architecture == .efficientnetB0)
        let named = try backbone(try file(.timm, metadata: ["dialect": "timm-tf", "architecture": "efficientnet_b0"]))
        #expect(try features(named) == features(tf))
        let forced = try backbone(try file(.timm, metadata: ["dialect": "timm-tf"]), dialect: .timm)
        #expect(forced.dialect == .timm)
        let epsilon = try NamedWeights(file: try file(.torchvision, metadata: ["bn_eps": "0.002"]), name: "b0")
        #expect(epsilon.batchNormEpsilon == 0.002)
        for text in ["small", "-1", "0", "nan", ""] {
            let error = try refusal { _ = try backbone(try file(.torchvision, metadata: ["bn_eps": text])) }
            #expect(error.code == .corrupt && error.message.contains("bn_eps"), "\(error)")
        }
    }

    @Test func a_forced_architecture_names_the_first_tensor_that_differs() throws {
        let error = try refusal { _ = try backbone(try file(.torchvision), architecture: .efficientnetB4) }
        #expect(
            error.message
                == "b0: features.0.0.weight: expected [48, 3, 3, 3] for efficientnet_b4, the file has [32, 3, 3, 3]")
        let published = try refusal {
            _ = try backbone(try file(.torchvision, metadata: ["architecture": "resnet18"]))
        }
        #expect(published.message == "b0: conv1.weight: expected [64, 3, 7, 7] for resnet18, the file does not have it")
    }

    @Test func metadata_mean_and_deviation_are_honoured() throws {
        #expect(try backbone(try file(.port)).normalization == .imageNet)
        #expect(
            Normalization.imageNet.mean == [0.485, 0.456, 0.406] && Normalization.imageNet.std == [0.229, 0.224, 0.225])
        let both = try backbone(try file(.timm, metadata: ["mean": "0.5, 0.25,0.125", "std": "0.5,1,2"]))
        #expect(both.normalization == Normalization(mean: [0.5, 0.25, 0.125], std: [0.5, 1, 2]))
        let one = try backbone(try file(.timm, metadata: ["mean": "0,0,0"]))
        #expect(one.normalization == Normalization(mean: [0, 0, 0], std: Normalization.imageNet.std))
        for (key, text) in [
            ("mean", "0.5"), ("mean", "0.5,x,0.5,0.5"), ("mean", "0.5,,0.5,0.5"), ("mean", "nan,0,0"), ("mean", ""),
            ("std", "1,1,0"), ("std", "1,1,-1"), ("std", "[1,1,1]"), ("std", "1,1,inf"),
        ] {
            let error = try refusal { _ = try backbone(try file(.timm, metadata: [key: text])) }
            #expect(error.code == .corrupt && error.message.contains("b0: metadata \(key)"), "\(error)")
            #expect(error.message.contains("'\(text)'"), "\(error)")
        }
    }
}
