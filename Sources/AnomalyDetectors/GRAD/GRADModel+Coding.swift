import NeuralNets

extension GRADModel {
    /// Tensors: `grad.<name>` for the network's parameters, `projection.mean` and `projection.matrix`, `deviations`.
    public func encoded() throws -> ModelContents {
        var contents = ModelContents(backbone: backbone, inputWidth: inputWidth, inputHeight: inputHeight)
        contents.settings.merge(
            [
                "taps": taps.joined(separator: ","), "fusion": fusion.rawValue, "smoothing": String(smoothing),
                "score_window": String(scoreWindow), "feature_height": String(network.height),
                "feature_width": String(network.width), "feature_channels": String(network.channels),
            ]
        ) { $1 }
        for (name, tensor) in parameters { contents.tensors["grad.\(name)"] = tensor }
        if let deviations {
            contents.tensors["deviations"] = StoredTensor(
                floats: deviations.values, shape: [network.height, network.width])
        }
        if let projection {
            contents.tensors["projection.mean"] = StoredTensor(floats: projection.mean, shape: [projection.inputs])
            contents.tensors["projection.matrix"] = StoredTensor(
                floats: projection.matrix, shape: [projection.inputs, projection.outputs])
        }
        return contents
    }

    /// - Throws: `ModelError`, `WeightError` for a file that does not hold what its metadata says.
    init(file: WeightFile, name: String) throws {
        let reader = ModelReader(file: file, name: name)
        var options = GRADOptions()
        (options.inputWidth, options.inputHeight) = try reader.inputSize()
        guard let fusion = GRADOptions.Fusion(rawValue: try reader.setting("fusion")) else {
            throw reader.damaged("fusion")
        }
        options.fusion = fusion
        options.smoothing = try reader.integer("smoothing", in: 1...1024)
        options.scoreWindow = try reader.integer("score_window", in: 1...1024)
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
        var deviations: DistanceDeviations?
        if file.tensors["deviations"] != nil {
            let stored = try reader.tensor("deviations", rank: 2)
            let values = stored.floats()
            guard stored.shape == [network.height, network.width], values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
                throw reader.damaged("deviations")
            }
            deviations = DistanceDeviations(stored: values)
        }
        try self.init(
            backbone: try reader.backbone(), options: options, taps: try reader.list("taps"), network: network,
            projection: projection, parameters: reader.tensors(under: "grad."), deviations: deviations)
    }
}
