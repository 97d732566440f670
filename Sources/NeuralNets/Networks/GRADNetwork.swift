import TensorCore

/// The continuous normal representation that GRAD learns (Lee et al., "Unsupervised anomaly detection via grid-based
/// continuous normal representation", arXiv 2402.18293): features in, the corresponding normal features out.
///
/// Every position's own coordinates sample a local grid, the whole map's coordinate samples a global one (section 3.2);
/// the two samples meet in the fusion network (section 3.3). Parameter names are those of the authors' checkpoints.
package struct GRADNetwork: Sendable, Equatable {
    /// The fusion network on `2 · channels` channels.
    package enum Fusion: Sendable, Equatable {
        /// Residual blocks of two 3×3 convolutions: the paper's first version.
        case residual(blocks: Int)
        /// MobileNetV3's inverted bottlenecks (Howard et al. 2019) with squeeze-excitation and hard-swish: CRAD.
        case bottlenecks(blocks: Int, expansion: Int)
    }

    /// Channels, height and width of the features.
    package var channels, height, width: Int
    package var fusion: Fusion
    /// Rows and columns of the local grid.
    package var localResolution = 8
    /// Rows and columns of the global grid.
    package var globalResolution = 4

    /// The input node's id: the first.
    package static let input = 0
    /// Name of the per-position coordinates, `[H, W, 2]`, to which training adds its noise.
    package static let localCoordinates = "local_coordinates"
    /// Name of the normal features, `[H, W, channels]`.
    package static let output = "normal_features"

    package init(channels: Int, height: Int, width: Int, fusion: Fusion) {
        (self.channels, self.height, self.width, self.fusion) = (channels, height, width, fusion)
    }

    /// - Throws: `WeightError` naming the first parameter that is missing or has another shape.
    package func graph(_ weights: any ParameterSource) throws -> NetworkGraph {
        var net = NetworkBuilder(weights)
        let features = net.input(channels: channels)

        var local = try net.convolution(features, "coord.0", to: channels, kernel: 1, bias: true)
        local = net.activation(local, .tanh)
        local = try net.convolution(local, "coord.2", to: 2, kernel: 1, bias: true)
        local = net.activation(local, .tanh)
        net.name(local, Self.localCoordinates)

        var global = net.globalAveragePool(features)
        global = try net.linear(global, "coord_.0", to: channels)
        global = net.activation(global, .tanh)
        global = try net.linear(global, "coord_.2", to: 2)
        global = net.activation(global, .tanh)

        let globalSample = try net.gridSampleMaps(
            global, "query.1", channels: channels, height: height, width: width, size: globalResolution)
        let localSample = try net.gridSample(local, "query.0", channels: channels, size: localResolution)
        var x = net.concatenate([globalSample, localSample])
        x = try fuse(x, &net)
        x = try net.convolution(x, "recover", to: channels, kernel: 1)
        net.name(x, Self.output)
        return net.graph
    }

    /// The fusion network alone, on `2 · channels` channels, and the layer that recovers `channels` of them.
    package func fusionGraph(_ weights: any ParameterSource) throws -> NetworkGraph {
        var net = NetworkBuilder(weights)
        var x = net.input(channels: 2 * channels)
        x = try fuse(x, &net)
        x = try net.convolution(x, "recover", to: channels, kernel: 1)
        net.name(x, Self.output)
        return net.graph
    }

    private func fuse(_ samples: NetworkGraph.NodeID, _ net: inout NetworkBuilder) throws -> NetworkGraph.NodeID {
        var x = samples
        switch fusion {
        case .residual(let blocks):
            for block in 0..<blocks { x = try Self.basicBlock(x, "layer.0.\(block)", &net) }
        case .bottlenecks(let blocks, let expansion):
            for block in 0..<blocks { x = try Self.bottleneck(x, "layer.\(block).conv", expansion, &net) }
        }
        return x
    }

    private static func basicBlock(
        _ x: NetworkGraph.NodeID, _ scope: String, _ net: inout NetworkBuilder
    ) throws -> NetworkGraph.NodeID {
        let channels = net.channels(x)
        var h = try net.convolution(x, "\(scope).conv1", to: channels, kernel: 3)
        h = try net.batchNorm(h, "\(scope).bn1")
        h = net.activation(h, .relu)
        h = try net.convolution(h, "\(scope).conv2", to: channels, kernel: 3)
        h = try net.batchNorm(h, "\(scope).bn2")
        return net.activation(net.add(h, x), .relu)
    }

    /// Expand, depthwise 3×3, squeeze-excitation before the activation, project.
    private static func bottleneck(
        _ x: NetworkGraph.NodeID, _ scope: String, _ expansion: Int, _ net: inout NetworkBuilder
    ) throws -> NetworkGraph.NodeID {
        let channels = net.channels(x)
        var h = try net.convolution(x, "\(scope).0", to: expansion, kernel: 1)
        h = net.activation(try net.batchNorm(h, "\(scope).1"), .hardSwish)
        h = try net.convolution(h, "\(scope).3", to: expansion, kernel: 3, groups: expansion)
        h = try net.batchNorm(h, "\(scope).4")
        var gate = net.globalAveragePool(h)
        gate = try net.linear(gate, "\(scope).5.fc.0", to: max(1, expansion / 4), bias: false)
        gate = net.activation(gate, .relu)
        gate = try net.linear(gate, "\(scope).5.fc.2", to: expansion, bias: false)
        gate = net.activation(gate, .hardSigmoid)
        h = net.activation(net.scaleChannels(h, by: gate), .hardSwish)
        h = try net.convolution(h, "\(scope).7", to: channels, kernel: 1)
        return net.add(try net.batchNorm(h, "\(scope).8"), x)
    }
}
