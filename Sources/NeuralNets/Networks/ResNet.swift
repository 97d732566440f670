/// ResNet-18 (He et al., CVPR 2016) and Wide-ResNet-50-2 (Zagoruyko & Komodakis, BMVC 2016), parameter names as
/// torchvision's; taps `stem` (after the max pool), `layer1` … `layer4`. Built as far as the weights go.
enum ResNet {
    struct Configuration {
        /// Blocks per layer.
        let blocks: [Int]
        /// Three convolutions per block (1×1, 3×3, 1×1) instead of two 3×3.
        let isBottleneck: Bool
        /// Inner channels of a bottleneck relative to the plain ResNet.
        let width: Int

        static let resnet18 = Configuration(blocks: [2, 2, 2, 2], isBottleneck: false, width: 1)
        static let wideResNet50 = Configuration(blocks: [3, 4, 6, 3], isBottleneck: true, width: 2)
    }

    static func build(_ weights: any ParameterSource, _ configuration: Configuration) throws -> NetworkGraph {
        var net = NetworkBuilder(weights)
        var x = net.input()
        x = try net.convolution(x, "conv1", to: 64, kernel: 7, stride: 2)
        x = try net.batchNorm(x, "bn1")
        x = net.activation(x, .relu)
        x = net.maxPool(x, kernel: 3, stride: 2, padding: 1)
        net.name(x, "stem")
        for (index, blocks) in configuration.blocks.enumerated() {
            guard net.goesOn(with: "layer\(index + 1).0.conv1.weight") else { break }
            let planes = 64 << index
            for block in 0..<blocks {
                let stride = index > 0 && block == 0 ? 2 : 1
                let scope = "layer\(index + 1).\(block)"
                x =
                    configuration.isBottleneck
                    ? try bottleneck(&net, x, scope, planes: planes, width: configuration.width, stride: stride)
                    : try basic(&net, x, scope, planes: planes, stride: stride)
            }
            net.name(x, "layer\(index + 1)")
        }
        return net.graph
    }

    private static func basic(
        _ net: inout NetworkBuilder, _ input: Int, _ scope: String, planes: Int, stride: Int
    ) throws -> Int {
        let shortcut = try shortcut(&net, input, scope, to: planes, stride: stride)
        var x = try net.convolution(input, "\(scope).conv1", to: planes, kernel: 3, stride: stride)
        x = try net.batchNorm(x, "\(scope).bn1")
        x = net.activation(x, .relu)
        x = try net.convolution(x, "\(scope).conv2", to: planes, kernel: 3)
        x = try net.batchNorm(x, "\(scope).bn2")
        return net.activation(net.add(x, shortcut), .relu)
    }

    /// The stride sits on the 3×3 convolution, as torchvision has it.
    private static func bottleneck(
        _ net: inout NetworkBuilder, _ input: Int, _ scope: String, planes: Int, width: Int, stride: Int
    ) throws -> Int {
        let shortcut = try shortcut(&net, input, scope, to: planes * 4, stride: stride)
        var x = try net.convolution(input, "\(scope).conv1", to: planes * width, kernel: 1)
        x = try net.batchNorm(x, "\(scope).bn1")
        x = net.activation(x, .relu)
        x = try net.convolution(x, "\(scope).conv2", to: planes * width, kernel: 3, stride: stride)
        x = try net.batchNorm(x, "\(scope).bn2")
        x = net.activation(x, .relu)
        x = try net.convolution(x, "\(scope).conv3", to: planes * 4, kernel: 1)
        x = try net.batchNorm(x, "\(scope).bn3")
        return net.activation(net.add(x, shortcut), .relu)
    }

    private static func shortcut(
        _ net: inout NetworkBuilder, _ input: Int, _ scope: String, to channels: Int, stride: Int
    ) throws -> Int {
        if stride == 1 && net.channels(input) == channels { return input }
        let x = try net.convolution(input, "\(scope).downsample.0", to: channels, kernel: 1, stride: stride)
        return try net.batchNorm(x, "\(scope).downsample.1")
    }
}
