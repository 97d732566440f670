import DetectionCore
import NeuralNets

extension ResidualEvidence {
    func encode(into contents: inout ModelContents) {
        GaussianModel.encode(levels, into: &contents)
        contents.settings["evidence_scale"] = scale.text
        let (height, width, d) = (residuals.height, residuals.width, residuals.channels)
        contents.tensors["residual.deviations"] = StoredTensor(floats: deviations, shape: [d])
        contents.tensors["residual.mean"] = StoredTensor(floats: residuals.mean, shape: [height, width, d])
        contents.tensors["residual.whitening"] = StoredTensor(
            floats: residuals.whitening, shape: [height, width, d * (d + 1) / 2])
    }

    /// Models of earlier versions, and those with the authors' score, have none.
    /// - Throws: `ModelError` for a file that contradicts itself.
    static func read(_ reader: ModelReader, _ network: GRADNetwork) throws -> ResidualEvidence? {
        guard reader.file.tensors["residual.mean"] != nil else { return nil }
        let levels = try GaussianModel.levels(reader)
        guard let scale = EvidenceScale(text: try reader.setting("evidence_scale")), scale.local.count == 1 else {
            throw reader.damaged("evidence_scale")
        }
        let mean = try reader.tensor("residual.mean", rank: 3)
        let whitening = try reader.tensor("residual.whitening", rank: 3)
        let d = network.channels
        guard mean.shape == [(network.height + 1) / 2, (network.width + 1) / 2, d],
            whitening.shape == [mean.shape[0], mean.shape[1], d * (d + 1) / 2]
        else { throw reader.damaged("residual.mean") }
        let deviations = try reader.tensor("residual.deviations", rank: 1).floats()
        guard deviations.count == d, deviations.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw reader.damaged("residual.deviations")
        }
        return ResidualEvidence(
            levels: levels,
            residuals: PositionGaussians.View(
                extent: .cell, height: mean.shape[0], width: mean.shape[1], channels: d, mean: mean.floats(),
                whitening: whitening.floats(), usual: 1),
            deviations: deviations, scale: scale)
    }
}
