/// The library whose parameter names, padding and batch-norm epsilon a weight file follows.
package enum WeightDialect: String, CaseIterable, Sendable, Codable {
    /// `features.3.0.block.1.0.weight`, `layer1.0.conv1.weight`
    case torchvision
    /// `blocks.2.0.conv_dw.weight`, `conv_stem.weight`
    case timm
    /// timm's `tf_*` models: timm's names, TensorFlow's padding and epsilon.
    case timmTF = "timm-tf"
    /// The EfficientNet-PyTorch port: `_blocks.5._depthwise_conv.weight`
    case port = "efficientnet-pytorch"

    package var padding: PaddingStyle {
        switch self {
        case .torchvision, .timm: .symmetric
        case .timmTF, .port: .same
        }
    }

    package var batchNormEpsilon: Float {
        switch self {
        case .torchvision, .timm: 1e-5
        case .timmTF, .port: 1e-3
        }
    }

    /// The file's name for a canonical one (torchvision's for EfficientNet and ResNet, timm's for MobileNet v1).
    func fileName(of canonical: String, in architecture: BackboneArchitecture) -> String {
        guard let configuration = architecture.efficientNet else { return canonical }
        switch self {
        case .torchvision: return canonical
        case .timm, .timmTF: return Self.rename(canonical, configuration, Self.timmNames)
        case .port: return Self.rename(canonical, configuration, Self.portNames)
        }
    }

    /// A dialect's names of the stem, a block, and a block's layers.
    private struct Names: Sendable {
        let stem: (convolution: String, norm: String)
        let block: @Sendable (_ stage: Int, _ block: Int, _ flatIndex: Int) -> String
        /// Convolution and norm of each role.
        let expand, depthwise, project: (convolution: String, norm: String)
        /// The roles' names in a block without expansion, if they differ.
        let plainDepthwise, plainProject: (convolution: String, norm: String)
        let squeeze, unsqueeze: String
    }

    private static let timmNames = Names(
        stem: ("conv_stem", "bn1"), block: { stage, block, _ in "blocks.\(stage - 1).\(block)" },
        expand: ("conv_pw", "bn1"), depthwise: ("conv_dw", "bn2"), project: ("conv_pwl", "bn3"),
        plainDepthwise: ("conv_dw", "bn1"), plainProject: ("conv_pw", "bn2"), squeeze: "se.conv_reduce",
        unsqueeze: "se.conv_expand")

    private static let portNames = Names(
        stem: ("_conv_stem", "_bn0"), block: { _, _, index in "_blocks.\(index)" }, expand: ("_expand_conv", "_bn0"),
        depthwise: ("_depthwise_conv", "_bn1"), project: ("_project_conv", "_bn2"),
        plainDepthwise: ("_depthwise_conv", "_bn1"), plainProject: ("_project_conv", "_bn2"), squeeze: "_se_reduce",
        unsqueeze: "_se_expand")

    /// `features.S.B.block.L.0|1.…` or `features.S.B.block.L.fc1|fc2.…` in another dialect.
    private static func rename(_ canonical: String, _ configuration: EfficientNetConfiguration, _ names: Names)
        -> String
    {
        let parts = canonical.split(separator: ".").map(String.init)
        guard parts.count >= 4, parts[0] == "features", let stage = Int(parts[1]) else { return canonical }
        let rest = parts.last ?? ""
        if stage == 0 { return (parts[2] == "0" ? names.stem.convolution : names.stem.norm) + ".\(rest)" }
        guard parts.count == 7, stage <= configuration.stages.count, let block = Int(parts[2]),
            let layer = Int(parts[4])
        else { return canonical }
        let isPlain = configuration.stages[stage - 1].expansion == 1
        let flat = configuration.stages.prefix(stage - 1).reduce(block) { $0 + $1.blocks }
        let role = isPlain ? layer + 1 : layer
        let name: String
        switch (role, parts[5]) {
        case (_, "fc1"): name = names.squeeze
        case (_, "fc2"): name = names.unsqueeze
        case (0, let part): name = part == "0" ? names.expand.convolution : names.expand.norm
        case (1, let part):
            let pair = isPlain ? names.plainDepthwise : names.depthwise
            name = part == "0" ? pair.convolution : pair.norm
        case (_, let part):
            let pair = isPlain ? names.plainProject : names.project
            name = part == "0" ? pair.convolution : pair.norm
        }
        return "\(names.block(stage, block, flat)).\(name).\(rest)"
    }
}
