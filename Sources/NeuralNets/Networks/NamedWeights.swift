/// A weight file under canonical names: its network, its dialect, and its tensors by name and shape.
package struct NamedWeights: ParameterSource {
    package let architecture: BackboneArchitecture
    package let dialect: WeightDialect
    package let padding: PaddingStyle
    package let batchNormEpsilon: Float
    /// Per channel: the value subtracted from pixels in 0…1, and the divisor of the difference.
    package let normalization: Normalization
    package let metadata: [String: String]
    let file: WeightFile
    private let name: String

    /// - Parameters:
    ///   - name: of the file, for error messages.
    ///   - architecture: nil to take it from the metadata or recognise it.
    ///   - dialect: nil to recognise it from the names.
    /// - Throws: `WeightError` if the file is no known network.
    package init(
        file: WeightFile, name: String, architecture: BackboneArchitecture? = nil, dialect: WeightDialect? = nil
    ) throws {
        self.file = file
        self.name = name
        metadata = file.metadata
        let published = file.metadata["architecture"]
        guard let dialect = dialect ?? Self.dialect(of: file) else {
            throw WeightError(
                .unsupported,
                "\(name): no tensor name of EfficientNet, MobileNet v1 or ResNet is in the file; it has "
                    + file.tensors.keys.sorted().prefix(3).joined(separator: ", ") + " …")
        }
        self.dialect = dialect
        guard
            let architecture = architecture ?? published.flatMap(BackboneArchitecture.init(published:))
                ?? Self.architecture(of: file, dialect)
        else {
            throw WeightError(
                .unsupported,
                "\(name): by \(dialect.rawValue)'s names and shapes the network is none of "
                    + BackboneArchitecture.allCases.map(\.rawValue).joined(separator: ", ")
                    + "; if it is one, give its name to see the first tensor that differs")
        }
        self.architecture = architecture
        padding = dialect.padding
        // Only EfficientNets were published with TensorFlow's epsilon under these names.
        batchNormEpsilon =
            try Self.epsilon(file.metadata, name)
            ?? (architecture.efficientNet == nil ? 1e-5 : dialect.batchNormEpsilon)
        normalization = try Normalization(
            metadata: file.metadata, default: architecture.usualNormalization, file: name)
    }

    /// The values of a tensor, row-major in the frameworks' layout.
    /// - Throws: `WeightError` naming the tensor as the file does when it is missing or has another shape.
    package func tensor(_ canonical: String, shape: [Int]) throws -> [Float] {
        let stored = fileName(of: canonical)
        guard let tensor = file.tensors[stored] else {
            throw WeightError(
                .mismatch,
                "\(name): \(stored): expected \(shape) for \(architecture.rawValue), the file does not have it")
        }
        guard tensor.shape == shape else {
            throw WeightError(
                .mismatch,
                "\(name): \(stored): expected \(shape) for \(architecture.rawValue), the file has \(tensor.shape)")
        }
        guard tensor.dtype.isFloatingPoint else {
            throw WeightError(
                .mismatch, "\(name): \(stored): expected floating point, the file has \(tensor.dtype.rawValue)")
        }
        return tensor.floats()
    }

    package func contains(_ canonical: String) -> Bool {
        file.tensors[fileName(of: canonical)] != nil
    }

    /// The name that the file gives to a canonical one.
    func fileName(of canonical: String) -> String { dialect.fileName(of: canonical, in: architecture) }

    private static func epsilon(_ metadata: [String: String], _ name: String) throws -> Float? {
        guard let text = metadata["bn_eps"] else { return nil }
        guard let value = Float(text), value > 0, value.isFinite else {
            throw WeightError(.corrupt, "\(name): metadata bn_eps must be a positive number, got '\(text)'")
        }
        return value
    }

    private static func dialect(of file: WeightFile) -> WeightDialect? {
        if let named = file.metadata["dialect"].flatMap(WeightDialect.init(rawValue:)) { return named }
        let has = { (name: String) in file.tensors[name] != nil }
        if has("_conv_stem.weight") { return .port }
        if has("conv_stem.weight") {
            return (file.metadata["architecture"] ?? "").hasPrefix("tf_") ? .timmTF : .timm
        }
        return has("features.0.0.weight") || has("conv1.weight") ? .torchvision : nil
    }

    /// By the stem's width and by squeeze-excitation, then by which scaled depth the block names fit.
    private static func architecture(of file: WeightFile, _ dialect: WeightDialect) -> BackboneArchitecture? {
        if file.tensors["conv1.weight"] != nil, file.tensors["layer1.0.conv1.weight"] != nil {
            return file.tensors["layer1.0.conv3.weight"] == nil ? .resnet18 : .wideResnet50
        }
        if file.tensors["blocks.0.0.conv_pw.weight"] != nil, file.tensors["blocks.0.0.se.conv_reduce.weight"] == nil,
            file.tensors["blocks.1.0.conv_pwl.weight"] == nil
        {
            return .mobilenetV1
        }
        return BackboneArchitecture.allCases.filter { $0.efficientNet != nil }.first { candidate in
            guard let configuration = candidate.efficientNet else { return false }
            let stem = file.tensors[dialect.fileName(of: "features.0.0.weight", in: candidate)]
            let squeeze = dialect.fileName(of: "features.1.0.block.1.fc1.weight", in: candidate)
            guard stem?.shape.first == configuration.stemChannels,
                (file.tensors[squeeze] != nil) == (configuration.series == .original)
            else { return false }
            return configuration.stages.enumerated().allSatisfy { index, stage in
                fits(file, dialect, candidate, stage: index + 1, stage)
            }
        }
    }

    /// Whether stage `number` is absent or has just the blocks and channels that the candidate's table gives it.
    private static func fits(
        _ file: WeightFile, _ dialect: WeightDialect, _ candidate: BackboneArchitecture, stage number: Int,
        _ stage: EfficientNetConfiguration.Stage
    ) -> Bool {
        func projection(_ block: Int) -> [Int]? {
            let layer = stage.expansion == 1 ? 2 : 3
            return file.tensors[
                dialect.fileName(of: "features.\(number).\(block).block.\(layer).0.weight", in: candidate)]?.shape
        }
        guard let first = projection(0) else { return true }
        let last = projection(stage.blocks - 1)
        if first.first != stage.outputChannels || last?.first != stage.outputChannels { return false }
        // The port numbers blocks through, so its next block belongs to the next stage.
        return dialect == .port || projection(stage.blocks) == nil
    }
}
