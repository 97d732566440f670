/// DenseNet-BC for small images (Huang et al., CVPR 2017): three blocks in which every layer reads all layers before
/// it, with bottlenecks and compression between the blocks. Parameter names are those of the checkpoints that ODIN's
/// authors use.
package struct DenseNet: Sendable, Equatable {
    /// 6n + 4 layers, n of them in each block.
    package var depth: Int
    /// Channels that each layer adds.
    package var growth: Int
    package var classes: Int
    /// Share of the channels kept after a block.
    package var reduction: Double

    package static let logits = "logits"

    package init(depth: Int, growth: Int, classes: Int, reduction: Double = 0.5) {
        (self.depth, self.growth, self.classes, self.reduction) = (depth, growth, classes, reduction)
    }

    package static func fits(depth: Int) -> Bool { depth >= 10 && (depth - 4).isMultiple(of: 6) }

    /// - Throws: `WeightError` naming the first parameter that is missing or has another shape.
    package func graph(_ weights: any ParameterSource) throws -> NetworkGraph {
        var net = NetworkBuilder(weights)
        func activated(_ x: NetworkGraph.NodeID, _ scope: String) throws -> NetworkGraph.NodeID {
            net.activation(try net.batchNorm(x, scope), .relu)
        }
        var x = try net.convolution(net.input(), "conv1", to: 2 * growth, kernel: 3)
        for block in 1...3 {
            for layer in 0..<(depth - 4) / 6 {
                let scope = "block\(block).layer.\(layer)"
                var h = try net.convolution(
                    try activated(x, "\(scope).bn1"), "\(scope).conv1", to: 4 * growth, kernel: 1)
                h = try net.convolution(try activated(h, "\(scope).bn2"), "\(scope).conv2", to: growth, kernel: 3)
                x = net.concatenate([x, h])
            }
            guard block < 3 else { continue }
            let scope = "trans\(block)", kept = Int(Double(net.channels(x)) * reduction)
            x = try net.convolution(try activated(x, "\(scope).bn1"), "\(scope).conv1", to: kept, kernel: 1)
            x = net.averagePool(x, kernel: 2)
        }
        x = net.globalAveragePool(try activated(x, "bn1"))
        net.name(try net.linear(x, "fc", to: classes), Self.logits)
        return net.graph
    }
}

/// Wide residual network for small images (Zagoruyko & Komodakis, BMVC 2016), activations before the convolutions.
/// Parameter names are those of the checkpoints that ODIN's authors use.
package struct WideResNet: Sendable, Equatable {
    /// 6n + 4 layers, n blocks of two in each of three stages.
    package var depth: Int
    /// Channels are 16, 32 and 64 times this.
    package var width: Int
    package var classes: Int

    package init(depth: Int, width: Int, classes: Int) {
        (self.depth, self.width, self.classes) = (depth, width, classes)
    }

    /// - Throws: `WeightError` naming the first parameter that is missing or has another shape.
    package func graph(_ weights: any ParameterSource) throws -> NetworkGraph {
        var net = NetworkBuilder(weights)
        func activated(_ x: NetworkGraph.NodeID, _ scope: String) throws -> NetworkGraph.NodeID {
            net.activation(try net.batchNorm(x, scope), .relu)
        }
        var x = try net.convolution(net.input(), "conv1", to: 16, kernel: 3)
        for stage in 1...3 {
            let channels = 8 * width << stage
            for block in 0..<(depth - 4) / 6 {
                let scope = "block\(stage).layer.\(block)", stride = stage > 1 && block == 0 ? 2 : 1
                let widens = net.channels(x) != channels
                let a = try activated(x, "\(scope).bn1")
                var h = try net.convolution(a, "\(scope).conv1", to: channels, kernel: 3, stride: stride)
                h = try net.convolution(try activated(h, "\(scope).bn2"), "\(scope).conv2", to: channels, kernel: 3)
                let shortcut =
                    widens
                    ? try net.convolution(a, "\(scope).convShortcut", to: channels, kernel: 1, stride: stride) : x
                x = net.add(h, shortcut)
            }
        }
        x = net.globalAveragePool(try activated(x, "bn1"))
        net.name(try net.linear(x, "fc", to: classes), DenseNet.logits)
        return net.graph
    }
}

/// A linear layer on a frozen network's pooled maps.
package struct LinearClassifier: Sendable, Equatable {
    /// The maps that are pooled.
    package var levels: [String]
    package var classes: Int

    package init(levels: [String], classes: Int) { (self.levels, self.classes) = (levels, classes) }

    /// The layer alone, on pooled maps with this many channels in total; training changes only this.
    /// - Throws: `WeightError` for weights of another shape.
    package static func layer(_ weights: any ParameterSource, channels: Int, classes: Int) throws -> NetworkGraph {
        var net = NetworkBuilder(weights)
        net.name(try net.linear(net.input(channels: channels), "fc", to: classes), DenseNet.logits)
        return net.graph
    }

    /// - Parameter weights: of the linear layer `fc`, `[classes, channels of all levels]`.
    /// - Throws: `WeightError` for a level that the backbone does not have, or weights of another shape.
    package func graph(_ weights: any ParameterSource, on backbone: Backbone) throws -> NetworkGraph {
        var net = NetworkBuilder(weights, extending: backbone.graph)
        let pooled = try levels.map { net.globalAveragePool(try backbone.node(of: $0)) }
        net.name(try net.linear(net.concatenate(pooled), "fc", to: classes), DenseNet.logits)
        return net.graph
    }
}
