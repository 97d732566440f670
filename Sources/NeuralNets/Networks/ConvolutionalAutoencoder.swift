/// The autoencoder of GradCon (Kwon et al., ECCV 2020, section 4.1): four convolutions of 4×4 and stride 2 down, four
/// transposed ones back up, ReLU between them, a sigmoid behind the last. Parameter names are those of the authors'
/// checkpoints.
///
/// As published, inputs are 28 × 28, convolutions pad 2 and transposed ones take off 2, 1, 2, 1: 28 → 15 → 8 → 5 → 3 →
/// 4 → 8 → 14 → 28. No other size is preserved, so others use padding 1 everywhere: each layer then halves or
/// doubles exactly, for any multiple of 16.
package struct ConvolutionalAutoencoder: Sendable, Equatable {
    package let channels, height, width: Int

    package static let publishedSide = 28
    package static let output = "reconstruction"
    /// Output channels of the four convolutions.
    private static let widths = [32, 32, 64, 64]

    /// - Parameters: of the images; height and width both 28, or multiples of 16.
    package init(channels: Int = 3, height: Int, width: Int) {
        precondition(Self.fits(height: height, width: width), "\(width)×\(height)")
        (self.channels, self.height, self.width) = (channels, height, width)
    }

    package static func fits(height: Int, width: Int) -> Bool {
        (height, width) == (publishedSide, publishedSide)
            || height > 0 && width > 0 && height.isMultiple(of: 16) && width.isMultiple(of: 16)
    }

    /// Scopes of the decoder's layers, whose gradients the method uses.
    package static let decoder = (0..<4).map { "up.\(2 * $0)" }

    /// - Throws: `WeightError` naming the first parameter that is missing or has another shape.
    package func graph(_ weights: any ParameterSource) throws -> NetworkGraph {
        let isPublished = (height, width) == (Self.publishedSide, Self.publishedSide)
        var net = NetworkBuilder(weights)
        var x = net.input(channels: channels)
        for (layer, width) in Self.widths.enumerated() {
            x = try net.convolution(
                x, "down.\(2 * layer)", to: width, kernel: 4, stride: 2, padding: isPublished ? 2 : 1, bias: true)
            x = net.activation(x, .relu)
        }
        let back = Self.widths.dropLast().reversed() + [channels]
        for (layer, (width, padding)) in zip(back, [2, 1, 2, 1]).enumerated() {
            x = try net.transposedConvolution(
                x, Self.decoder[layer], to: width, kernel: 4, stride: 2, padding: isPublished ? padding : 1, bias: true)
            x = net.activation(x, layer < 3 ? .relu : .sigmoid)
        }
        net.name(x, Self.output)
        return net.graph
    }
}
