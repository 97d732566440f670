import Foundation

/// The networks that can serve as a frozen feature extractor.
package enum BackboneArchitecture: String, CaseIterable, Sendable, Codable {
    case efficientnetB0 = "efficientnet_b0"
    case efficientnetB1 = "efficientnet_b1"
    case efficientnetB2 = "efficientnet_b2"
    case efficientnetB3 = "efficientnet_b3"
    case efficientnetB4 = "efficientnet_b4"
    case efficientnetLite0 = "efficientnet_lite0"
    case efficientnetLite1 = "efficientnet_lite1"
    case efficientnetLite2 = "efficientnet_lite2"
    case efficientnetLite3 = "efficientnet_lite3"
    case efficientnetLite4 = "efficientnet_lite4"
    case mobilenetV1 = "mobilenet_v1"
    case resnet18 = "resnet18"
    case wideResnet50 = "wide_resnet50_2"

    /// The scaling of an EfficientNet, nil for the others.
    var efficientNet: EfficientNetConfiguration? {
        switch self {
        case .efficientnetB0: EfficientNetConfiguration(width: 1.0, depth: 1.0)
        case .efficientnetB1: EfficientNetConfiguration(width: 1.0, depth: 1.1)
        case .efficientnetB2: EfficientNetConfiguration(width: 1.1, depth: 1.2)
        case .efficientnetB3: EfficientNetConfiguration(width: 1.2, depth: 1.4)
        case .efficientnetB4: EfficientNetConfiguration(width: 1.4, depth: 1.8)
        case .efficientnetLite0: EfficientNetConfiguration(.lite, width: 1.0, depth: 1.0)
        case .efficientnetLite1: EfficientNetConfiguration(.lite, width: 1.0, depth: 1.1)
        case .efficientnetLite2: EfficientNetConfiguration(.lite, width: 1.1, depth: 1.2)
        case .efficientnetLite3: EfficientNetConfiguration(.lite, width: 1.2, depth: 1.4)
        case .efficientnetLite4: EfficientNetConfiguration(.lite, width: 1.4, depth: 1.8)
        case .mobilenetV1, .resnet18, .wideResnet50: nil
        }
    }

    /// Levels whose pooled features the Gaussian detector sums: stages 1–5, or the end of each resolution.
    var defaultLevels: [String] {
        switch self {
        case _ where efficientNet?.series == .lite: (2...5).map { "features.\($0)" }
        case .mobilenetV1: ["blocks.1.1", "blocks.2.1", "blocks.3.5", "blocks.4.0"]
        case .resnet18, .wideResnet50: ["layer1", "layer2", "layer3"]
        default: (1...5).map { "features.\($0)" }
        }
    }

    /// Levels of the Gaussian detector's map, where they are more than `defaultTaps`.
    var defaultMapLevels: [String] {
        efficientNet?.series == .lite ? (2...5).map { "features.\($0)" } : defaultTaps
    }

    /// Levels of the pixel map: strides 8 and 16 (and 4 for the ResNets).
    var defaultTaps: [String] {
        switch self {
        case .mobilenetV1: ["blocks.2.1", "blocks.3.5"]
        case .resnet18, .wideResnet50: ["layer1", "layer2", "layer3"]
        default: ["features.3", "features.5"]
        }
    }

    /// The normalisation that its published weights expect.
    var usualNormalization: Normalization { efficientNet?.series == .lite ? .lite : .imageNet }

    /// The network with its parameters, as far as the source has them.
    package func graph(_ weights: any ParameterSource) throws -> NetworkGraph {
        switch self {
        case .mobilenetV1: return try MobileNetV1.build(weights)
        case .resnet18: return try ResNet.build(weights, .resnet18)
        case .wideResnet50: return try ResNet.build(weights, .wideResNet50)
        default: return try EfficientNet.build(weights, efficientNet ?? EfficientNetConfiguration(width: 1, depth: 1))
        }
    }

    /// The architecture that a file's metadata names, including other projects' spelling (`tf_efficientnet_b4`).
    init?(published name: String) {
        var name = name.lowercased().replacingOccurrences(of: "-", with: "_")
        if name.hasPrefix("tf_") { name.removeFirst(3) }
        if name.hasPrefix("mobilenetv1") || name.hasPrefix("mobilenet_v1") { name = Self.mobilenetV1.rawValue }
        guard let match = Self.allCases.first(where: { name == $0.rawValue || name.hasPrefix($0.rawValue + ".") })
        else {
            return nil
        }
        self = match
    }
}
