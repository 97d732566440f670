import DetectionCore
import NeuralNets

extension GRADModel {
    /// Tensors: `grad.<name>` for the network's parameters, `projection.mean` and `projection.matrix`; of flawless
    /// images' distances `means`, `deviations`, `scales` (`[small deviation, wide deviation]`), of the wide square's
    /// lengths `wide.means` and `wide.deviations`, and `signs` (`[peak, spread]`).
    package func encoded() throws -> ModelContents {
        var contents = ModelContents(backbone: backbone, inputWidth: inputWidth, inputHeight: inputHeight)
        contents.settings.merge(
            [
                "taps": taps.joined(separator: ","), "fusion": fusion.rawValue, "smoothing": String(map.small),
                "wide_smoothing": String(map.wide), "score_window": String(map.score),
                "wide_limit": String(map.mostOfOne), "level_share": String(map.levelShare),
                "feature_height": String(network.height), "feature_width": String(network.width),
                "feature_channels": String(network.channels),
            ]
        ) { $1 }
        for (name, tensor) in parameters { contents.tensors["grad.\(name)"] = tensor }
        if let statistics {
            let shape = [network.height, network.width], scales = statistics.scales
            contents.tensors["means"] = StoredTensor(floats: statistics.positions.means, shape: shape)
            contents.tensors["deviations"] = StoredTensor(floats: statistics.positions.deviations, shape: shape)
            var values = [scales.small]
            switch scales.wide {
            case nil: break
            case .lengths(let lengths, let deviation):
                values += [deviation]
                contents.tensors["wide.means"] = StoredTensor(floats: lengths.means, shape: shape)
                contents.tensors["wide.deviations"] = StoredTensor(floats: lengths.deviations, shape: shape)
            case .distances(let mean, let deviation): values += [mean, deviation]
            }
            contents.tensors["scales"] = StoredTensor(floats: values, shape: [values.count])
            if let signs = scales.signs {
                contents.tensors["signs"] = StoredTensor(floats: [Float(signs.peak), Float(signs.spread)], shape: [2])
            }
        }
        evidence?.encode(into: &contents)
        if let projection {
            contents.tensors["projection.mean"] = StoredTensor(floats: projection.mean, shape: [projection.inputs])
            contents.tensors["projection.matrix"] = StoredTensor(
                floats: projection.matrix, shape: [projection.inputs, projection.outputs])
        }
        return contents
    }

    /// - Throws: `ModelError`, `WeightError` for a file that contradicts its metadata.
    package init(file: WeightFile, name: String) throws {
        let reader = ModelReader(file: file, name: name)
        var options = GRADOptions()
        (options.inputWidth, options.inputHeight) = try reader.inputSize()
        guard let fusion = GRADOptions.Fusion(rawValue: try reader.setting("fusion")) else {
            throw reader.damaged("fusion")
        }
        options.fusion = fusion
        options.map.small = try reader.integer("smoothing", in: 1...1024)
        options.map.wide =
            file.metadata["wide_smoothing"] == nil ? 0 : try reader.integer("wide_smoothing", in: 0...1024)
        options.map.score = try reader.integer("score_window", in: 1...1024)
        // Models of earlier versions have neither.
        options.map.mostOfOne = try reader.number("wide_limit", in: 0...1000, otherwise: 2)
        options.map.levelShare = try reader.number("level_share", in: 0...1, otherwise: 0)
        let channels = try reader.integer("feature_channels", in: 1...4096)
        let network = GRADNetwork(
            channels: channels, height: try reader.integer("feature_height", in: 1...1024),
            width: try reader.integer("feature_width", in: 1...1024), fusion: fusion.network(channels: channels))
        var projection: FeatureProjection?
        if file.tensors["projection.matrix"] != nil {
            let mean = try reader.tensor("projection.mean", rank: 1)
            let matrix = try reader.tensor("projection.matrix", rank: 2)
            guard matrix.shape == [mean.shape[0], channels] else { throw reader.damaged("projection.matrix") }
            projection = FeatureProjection(mean: mean.floats(), matrix: matrix.floats())
        }
        try self.init(
            backbone: try reader.backbone(), options: options, taps: try reader.list("taps"), network: network,
            projection: projection, parameters: reader.tensors(under: "grad."),
            statistics: try Self.statistics(reader, network))
        evidence = try ResidualEvidence.read(reader, network)
    }

    /// Models of earlier versions have only deviations: no mean is subtracted, and there is no wide mean.
    private static func statistics(_ reader: ModelReader, _ network: GRADNetwork) throws -> DistanceStatistics? {
        let present = reader.file.tensors
        guard present["deviations"] != nil else { return nil }
        let shape = [network.height, network.width]
        func map(_ key: String) throws -> [Float] {
            let stored = try reader.tensor(key, rank: 2)
            guard stored.shape == shape else { throw reader.damaged(key) }
            return stored.floats()
        }
        func deviationMap(_ key: String) throws -> [Float] {
            let values = try map(key)
            guard values.allSatisfy({ $0 > 0 && $0.isFinite }) else { throw reader.damaged(key) }
            return values
        }
        func meanMap(_ key: String) throws -> [Float] {
            let values = try map(key)
            guard values.allSatisfy(\.isFinite) else { throw reader.damaged(key) }
            return values
        }
        let deviations = try deviationMap("deviations")
        guard present["means"] != nil || present["scales"] != nil else {
            return DistanceStatistics(
                positions: .init(means: deviations.map { _ in 0 }, deviations: deviations), scales: .init())
        }
        let scales = try reader.tensor("scales", rank: 1).floats()
        guard [1, 2, 3].contains(scales.count), scales.allSatisfy(\.isFinite), scales[0] > 0, scales.last! > 0 else {
            throw reader.damaged("scales")
        }
        let wide: DistanceStatistics.Scales.Wide? =
            switch scales.count {
            case 2:
                .lengths(
                    .init(means: try meanMap("wide.means"), deviations: try deviationMap("wide.deviations")),
                    deviation: scales[1])
            case 3: .distances(mean: scales[1], deviation: scales[2])
            default: nil
            }
        return DistanceStatistics(
            positions: .init(means: try meanMap("means"), deviations: deviations),
            scales: .init(small: scales[0], wide: wide, signs: try signs(reader)))
    }

    private static func signs(_ reader: ModelReader) throws -> DistanceMapper.Signs? {
        guard reader.file.tensors["signs"] != nil else { return nil }
        let values = try reader.tensor("signs", rank: 1).floats()
        guard values.count == 2, values.allSatisfy({ $0 > 0 && $0.isFinite }) else { throw reader.damaged("signs") }
        return .init(peak: Double(values[0]), spread: Double(values[1]))
    }
}
