import DetectionCore
import NeuralNets

extension ResidualEvidence {
    func encode(into contents: inout ModelContents) {
        GaussianModel.encode(levels, into: &contents)
        contents.settings["evidence_scale"] = scale.text
        contents.tensors["residual.deviations"] = StoredTensor(floats: deviations, shape: [deviations.count])
        residuals.encode(into: &contents, prefix: "residual")
    }

    /// Models of earlier versions, and those with the authors' score, have none.
    /// - Throws: `ModelError` for a file that contradicts itself.
    static func read(_ reader: ModelReader, _ network: GRADNetwork) throws -> ResidualEvidence? {
        guard reader.file.tensors["residual.mean"] != nil else { return nil }
        let levels = try GaussianModel.levels(reader)
        guard let scale = EvidenceScale(text: try reader.setting("evidence_scale")), scale.local.count == 1 else {
            throw reader.damaged("evidence_scale")
        }
        let residuals = try PositionGaussians.View(reader, prefix: "residual", extent: .cell, usual: 1)
        let d = network.channels
        guard
            [residuals.height, residuals.width, residuals.channels]
                == [(network.height + 1) / 2, (network.width + 1) / 2, d]
        else { throw reader.damaged("residual.mean") }
        let deviations = try reader.tensor("residual.deviations", rank: 1).floats()
        guard deviations.count == d, deviations.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw reader.damaged("residual.deviations")
        }
        return ResidualEvidence(levels: levels, residuals: residuals, deviations: deviations, scale: scale)
    }
}
