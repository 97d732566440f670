import TensorCore

/// EfficientNet-B0…B4 (Tan & Le, ICML 2019) and Lite0…4, parameter names as torchvision's; taps `features.0` (stem) …
/// `features.7`.
///
/// Built as far as the weights go: a file that ends after stage 5 gives a network that ends there.
enum EfficientNet {
    static func build(_ weights: any ParameterSource, _ configuration: EfficientNetConfiguration) throws -> NetworkGraph
    {
        var net = NetworkBuilder(weights)
        var x = net.input()
        x = try net.convolution(x, "features.0.0", to: configuration.stemChannels, kernel: 3, stride: 2)
        x = try net.batchNorm(x, "features.0.1")
        x = net.activation(x, configuration.series.activation)
        net.name(x, "features.0")
        for (index, stage) in configuration.stages.enumerated() {
            let scope = "features.\(index + 1)"
            guard net.goesOn(with: "\(scope).0.block.0.0.weight") else { break }
            for block in 0..<stage.blocks {
                x = try inverted(
                    &net, x, stage, configuration.series, scope: "\(scope).\(block).block", isFirst: block == 0)
            }
            net.name(x, scope)
        }
        return net.graph
    }

    /// MBConv: expand 1×1, depthwise, squeeze-excitation to a quarter of the block's *input*, project 1×1, and the
    /// shortcut where the shape stays. Stochastic depth is off at inference. A block of the Lite series keeps the
    /// numbers of its layers, without the one that it lacks.
    private static func inverted(
        _ net: inout NetworkBuilder, _ input: Int, _ stage: EfficientNetConfiguration.Stage,
        _ series: EfficientNetConfiguration.Series, scope: String, isFirst: Bool
    ) throws -> Int {
        let inputs = net.channels(input)
        let expanded = inputs * stage.expansion
        var x = input
        var layer = 0
        if stage.expansion != 1 {
            x = try net.convolution(x, "\(scope).\(layer).0", to: expanded, kernel: 1)
            x = try net.batchNorm(x, "\(scope).\(layer).1")
            x = net.activation(x, series.activation)
            layer += 1
        }
        let stride = isFirst ? stage.stride : 1
        x = try net.convolution(
            x, "\(scope).\(layer).0", to: expanded, kernel: stage.kernel, stride: stride, groups: expanded)
        x = try net.batchNorm(x, "\(scope).\(layer).1")
        x = net.activation(x, series.activation)
        layer += 1
        if series == .original {
            x = try net.squeezeExcitation(
                x, squeeze: "\(scope).\(layer).fc1", expand: "\(scope).\(layer).fc2", to: max(1, inputs / 4))
        }
        layer += 1
        x = try net.convolution(x, "\(scope).\(layer).0", to: stage.outputChannels, kernel: 1)
        x = try net.batchNorm(x, "\(scope).\(layer).1")
        return stride == 1 && inputs == stage.outputChannels ? net.add(x, input) : x
    }
}

extension EfficientNetConfiguration.Series {
    fileprivate var activation: Pointwise { self == .lite ? .relu6 : .silu }
}
