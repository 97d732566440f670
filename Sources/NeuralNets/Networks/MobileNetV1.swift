/// MobileNet v1, width 1.0 (Howard et al., arXiv 1704.04861), parameter names as timm's; taps `stem`, `blocks.S.B`.
///
/// Built as far as the weights go, block by block.
enum MobileNetV1 {
    /// Output channels and first stride of each stage's blocks.
    private static let stages: [[(channels: Int, stride: Int)]] = [
        [(64, 1)],
        [(128, 2), (128, 1)],
        [(256, 2), (256, 1)],
        [(512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1)],
        [(1024, 2), (1024, 1)],
    ]

    static func build(_ weights: any ParameterSource) throws -> NetworkGraph {
        var net = NetworkBuilder(weights)
        var x = net.input()
        x = try net.convolution(x, "conv_stem", to: 32, kernel: 3, stride: 2)
        x = try net.batchNorm(x, "bn1")
        x = net.activation(x, .relu6)
        net.name(x, "stem")
        for (s, blocks) in stages.enumerated() {
            for (b, block) in blocks.enumerated() {
                let scope = "blocks.\(s).\(b)"
                guard net.goesOn(with: "\(scope).conv_dw.weight") else { return net.graph }
                let channels = net.channels(x)
                x = try net.convolution(
                    x, "\(scope).conv_dw", to: channels, kernel: 3, stride: block.stride, groups: channels)
                x = try net.batchNorm(x, "\(scope).bn1")
                x = net.activation(x, .relu6)
                x = try net.convolution(x, "\(scope).conv_pw", to: block.channels, kernel: 1)
                x = try net.batchNorm(x, "\(scope).bn2")
                x = net.activation(x, .relu6)
                net.name(x, scope)
            }
        }
        return net.graph
    }
}
