import NeuralNets

/// EfficientNet's tensor names as timm and the EfficientNet-PyTorch port publish them, from torchvision's.
package struct DialectNames: Sendable {
    /// Blocks of stages 1 … 7.
    let blocks: [Int]

    package static let efficientNets: [BackboneArchitecture: DialectNames] = [
        .efficientnetB0: DialectNames(blocks: [1, 2, 2, 3, 3, 4, 1]),
        .efficientnetB1: DialectNames(blocks: [2, 3, 3, 4, 4, 5, 2]),
        .efficientnetB2: DialectNames(blocks: [2, 3, 3, 4, 4, 5, 2]),
        .efficientnetB3: DialectNames(blocks: [2, 3, 3, 5, 5, 6, 2]),
        .efficientnetB4: DialectNames(blocks: [2, 4, 4, 6, 6, 8, 2]),
        .efficientnetLite0: DialectNames(blocks: [1, 2, 2, 3, 3, 4, 1]),
        .efficientnetLite1: DialectNames(blocks: [1, 3, 3, 4, 4, 5, 1]),
        .efficientnetLite2: DialectNames(blocks: [1, 3, 3, 4, 4, 5, 1]),
        .efficientnetLite3: DialectNames(blocks: [1, 3, 3, 5, 5, 6, 1]),
        .efficientnetLite4: DialectNames(blocks: [1, 4, 4, 6, 6, 8, 1]),
    ]

    package func name(_ torchvision: String, in dialect: WeightDialect) -> String {
        switch dialect {
        case .torchvision: torchvision
        case .timm, .timmTF: timm(torchvision)
        case .port: port(torchvision)
        }
    }

    private func timm(_ torchvision: String) -> String {
        let name = Parts(torchvision)
        if name.stage == 0 { return (name.layer == "0" ? "conv_stem." : "bn1.") + name.leaf }
        let layers =
            name.stage == 1
            ? [
                "0.0": "conv_dw", "0.1": "bn1", "1.fc1": "se.conv_reduce", "1.fc2": "se.conv_expand", "2.0": "conv_pw",
                "2.1": "bn2",
            ]
            : [
                "0.0": "conv_pw", "0.1": "bn1", "1.0": "conv_dw", "1.1": "bn2", "2.fc1": "se.conv_reduce",
                "2.fc2": "se.conv_expand", "3.0": "conv_pwl", "3.1": "bn3",
            ]
        return "blocks.\(name.stage - 1).\(name.block).\(layers[name.layer] ?? "?").\(name.leaf)"
    }

    private func port(_ torchvision: String) -> String {
        let name = Parts(torchvision)
        if name.stage == 0 { return (name.layer == "0" ? "_conv_stem." : "_bn0.") + name.leaf }
        let layers =
            name.stage == 1
            ? [
                "0.0": "_depthwise_conv", "0.1": "_bn1", "1.fc1": "_se_reduce", "1.fc2": "_se_expand",
                "2.0": "_project_conv", "2.1": "_bn2",
            ]
            : [
                "0.0": "_expand_conv", "0.1": "_bn0", "1.0": "_depthwise_conv", "1.1": "_bn1", "2.fc1": "_se_reduce",
                "2.fc2": "_se_expand", "3.0": "_project_conv", "3.1": "_bn2",
            ]
        let index = blocks[..<(name.stage - 1)].reduce(name.block, +)
        return "_blocks.\(index).\(layers[name.layer] ?? "?").\(name.leaf)"
    }

    /// `features.STAGE.BLOCK.block.LAYER.LEAF`, in the stem `features.0.LAYER.LEAF`.
    private struct Parts {
        let stage, block: Int
        let layer, leaf: String

        init(_ name: String) {
            let parts = name.split(separator: ".").map(String.init)
            stage = Int(parts[1]) ?? -1
            leaf = parts[parts.count - 1]
            (block, layer) = stage == 0 ? (0, parts[2]) : (Int(parts[2]) ?? -1, "\(parts[4]).\(parts[5])")
        }
    }
}
