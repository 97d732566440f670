import TensorCore

/// The networks of GANomaly (Akcay et al., ACCV 2018, section 3.1): a generator that encodes an image, decodes it and
/// encodes the result again, and a discriminator whose last features are compared. Parameter names are those of the
/// authors' checkpoints.
///
/// The authors' networks halve the image down to 4 × 4, which takes sides that are powers of two. Here the side is
/// halved while it is even and above 4, and the last convolution covers the rest: the same network for powers of two,
/// and one for every other multiple of 16.
package struct GANomalyNetwork: Sendable, Equatable {
    /// Height and width of the images: a multiple of 16, 32 … 256.
    package var side: Int
    package var channels = 3
    /// Channels of the code in the middle.
    package var latent = 100
    /// Channels after the first convolution, doubled at every halving.
    package var width = 64
    /// Further 3 × 3 convolutions at the half resolution.
    package var extraLayers = 0

    package static let sides = 32...256
    /// DCGAN's.
    private static let leaky = Pointwise.leakyRelu(slope: 0.2)

    package init(side: Int, channels: Int = 3, latent: Int = 100, width: Int = 64, extraLayers: Int = 0) {
        (self.side, self.channels, self.latent) = (side, channels, latent)
        (self.width, self.extraLayers) = (width, extraLayers)
    }

    package static func fits(side: Int) -> Bool { sides.contains(side) && side.isMultiple(of: 16) }

    /// Names of the generator's outputs: the image in −1…1, the codes of the input and of that image.
    package static let picture = "picture", inputCode = "input_code", pictureCode = "picture_code"
    /// Names of the discriminator's outputs: the probability that an image is real, and the features before it.
    package static let prediction = "prediction", features = "features"

    /// Halvings after the first convolution, and the remaining side for the last one.
    private var pyramid: (levels: Int, rest: Int) {
        var (levels, rest) = (0, side / 2)
        while rest > 4, rest.isMultiple(of: 2) { (levels, rest) = (levels + 1, rest / 2) }
        return (levels, rest)
    }

    /// - Throws: `WeightError` naming the first parameter that is missing or has another shape.
    package func generator(_ weights: any ParameterSource) throws -> NetworkGraph {
        var net = NetworkBuilder(weights)
        let code = try encode(net.input(channels: channels), "encoder1.main", &net)
        net.name(code, Self.inputCode)
        let picture = try decode(code, "decoder.main", &net)
        net.name(picture, Self.picture)
        net.name(try encode(picture, "encoder2.main", &net), Self.pictureCode)
        return net.graph
    }

    /// - Throws: `WeightError` naming the first parameter that is missing or has another shape.
    package func discriminator(_ weights: any ParameterSource) throws -> NetworkGraph {
        var net = NetworkBuilder(weights)
        // Layers are numbered one after the other, activations included.
        var x = try net.convolution(
            net.input(channels: channels), "features.0", to: width, kernel: 4, stride: 2, padding: 1)
        x = net.activation(x, Self.leaky)
        var layer = 2
        func block(_ x: NetworkGraph.NodeID, to channels: Int, kernel: Int, stride: Int) throws -> NetworkGraph.NodeID {
            defer { layer += 3 }
            let h = try net.convolution(
                x, "features.\(layer)", to: channels, kernel: kernel, stride: stride, padding: 1)
            return net.activation(try net.batchNorm(h, "features.\(layer + 1)"), Self.leaky)
        }
        for _ in 0..<extraLayers { x = try block(x, to: width, kernel: 3, stride: 1) }
        for level in 0..<pyramid.levels { x = try block(x, to: width << (level + 1), kernel: 4, stride: 2) }
        net.name(x, Self.features)
        x = try net.convolution(x, "classifier.0", to: 1, kernel: pyramid.rest, stride: 1, padding: 0)
        net.name(net.activation(x, .sigmoid), Self.prediction)
        return net.graph
    }

    private func encode(
        _ input: NetworkGraph.NodeID, _ scope: String, _ net: inout NetworkBuilder
    ) throws -> NetworkGraph.NodeID {
        var x = try net.convolution(
            input, "\(scope).initial-conv-\(channels)-\(width)", to: width, kernel: 4, stride: 2, padding: 1)
        x = net.activation(x, Self.leaky)
        x = try extra(x, scope, Self.leaky, &net)
        for _ in 0..<pyramid.levels {
            let from = net.channels(x), to = 2 * from
            x = try net.convolution(
                x, "\(scope).pyramid-\(from)-\(to)-conv", to: to, kernel: 4, stride: 2, padding: 1)
            x = net.activation(try net.batchNorm(x, "\(scope).pyramid-\(to)-batchnorm"), Self.leaky)
        }
        return try net.convolution(
            x, "\(scope).final-\(net.channels(x))-1-conv", to: latent, kernel: pyramid.rest, stride: 1, padding: 0)
    }

    private func decode(
        _ code: NetworkGraph.NodeID, _ scope: String, _ net: inout NetworkBuilder
    ) throws -> NetworkGraph.NodeID {
        var to = width << pyramid.levels
        var x = try net.transposedConvolution(
            code, "\(scope).initial-\(latent)-\(to)-convt", to: to, kernel: pyramid.rest, stride: 1, padding: 0)
        x = net.activation(try net.batchNorm(x, "\(scope).initial-\(to)-batchnorm"), .relu)
        for _ in 0..<pyramid.levels {
            to /= 2
            x = try net.transposedConvolution(
                x, "\(scope).pyramid-\(2 * to)-\(to)-convt", to: to, kernel: 4, stride: 2, padding: 1)
            x = net.activation(try net.batchNorm(x, "\(scope).pyramid-\(to)-batchnorm"), .relu)
        }
        x = try extra(x, scope, .relu, &net)
        x = try net.transposedConvolution(
            x, "\(scope).final-\(to)-\(channels)-convt", to: channels, kernel: 4, stride: 2, padding: 1)
        return net.activation(x, .tanh)
    }

    private func extra(
        _ input: NetworkGraph.NodeID, _ scope: String, _ activation: Pointwise, _ net: inout NetworkBuilder
    ) throws -> NetworkGraph.NodeID {
        var x = input
        for layer in 0..<extraLayers {
            let name = "\(scope).extra-layers-\(layer)-\(width)"
            x = try net.convolution(x, "\(name)-conv", to: width, kernel: 3, stride: 1, padding: 1)
            x = net.activation(try net.batchNorm(x, "\(name)-batchnorm"), activation)
        }
        return x
    }
}
