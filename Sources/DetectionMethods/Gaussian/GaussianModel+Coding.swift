import DetectionCore
import Foundation
import NeuralNets

extension GaussianModel {
    package func encoded() throws -> ModelContents {
        var contents = ModelContents(backbone: backbone, inputWidth: inputWidth, inputHeight: inputHeight)
        Self.encode(levels, into: &contents)
        contents.settings["taps"] = mapTaps.joined(separator: ",")
        contents.settings["evidence"] = evidence.rawValue
        contents.settings["evidence_scale"] = scale?.text
        switch pixels {
        case .tied(let taps):
            contents.settings["map"] = GaussianOptions.MapKind.tied.rawValue
            for (index, tap) in taps.enumerated() {
                let count = tap.mean.count
                contents.tensors["map.\(index).mean"] = StoredTensor(floats: tap.mean, shape: [count])
                contents.tensors["map.\(index).whitening"] = StoredTensor(floats: tap.whitening, shape: [count, count])
            }
        case .perPosition(let gaussians):
            contents.settings["map"] = GaussianOptions.MapKind.perPosition.rawValue
            gaussians.encode(into: &contents)
        }
        return contents
    }

    /// Stores the Gaussians of pooled levels.
    static func encode(_ levels: [Level], into contents: inout ModelContents) {
        contents.settings["levels"] = levels.map(\.name).joined(separator: ",")
        for (index, level) in levels.enumerated() {
            contents.tensors["level.\(index).mean"] = StoredTensor(doubles: level.mean, shape: [level.mean.count])
            contents.tensors["level.\(index).whitening"] = StoredTensor(
                doubles: level.whitening, shape: [level.mean.count, level.rank])
        }
    }

    /// The stored Gaussians of pooled levels.
    static func levels(_ reader: ModelReader) throws -> [Level] {
        try reader.list("levels").enumerated().map { index, level in
            let mean = try reader.tensor("level.\(index).mean", rank: 1)
            let whitening = try reader.tensor("level.\(index).whitening", rank: 2)
            guard whitening.shape[0] == mean.shape[0] else { throw reader.damaged("level.\(index).whitening") }
            return Level(
                name: level, mean: mean.doubles(), whitening: whitening.doubles(), rank: whitening.shape[1])
        }
    }

    /// - Throws: `ModelError`, `WeightError` for a file that contradicts its metadata.
    package init(file: WeightFile, name: String) throws {
        let reader = ModelReader(file: file, name: name)
        let (inputWidth, inputHeight) = try reader.inputSize()
        let levels = try Self.levels(reader)
        // Models of before there was a choice have the paper's score.
        let kind = file.metadata["evidence"] ?? GaussianOptions.EvidenceKind.pooled.rawValue
        guard let evidence = GaussianOptions.EvidenceKind(rawValue: kind) else { throw reader.damaged("evidence") }
        let scale = file.metadata["evidence_scale"].flatMap(EvidenceScale.init(text:))
        guard scale != nil || (file.metadata["evidence_scale"] == nil && evidence != .both) else {
            throw reader.damaged("evidence_scale")
        }
        let taps = try reader.list("taps")
        let pixels: PixelGaussians
        switch GaussianOptions.MapKind(rawValue: try reader.setting("map")) {
        case .tied:
            pixels = .tied(
                try taps.enumerated().map { index, tap in
                    let mean = try reader.tensor("map.\(index).mean", rank: 1)
                    let whitening = try reader.tensor("map.\(index).whitening", rank: 2)
                    guard whitening.shape == [mean.shape[0], mean.shape[0]] else {
                        throw reader.damaged("map.\(index).whitening")
                    }
                    return (tap, mean.floats(), whitening.floats())
                })
        case .perPosition:
            pixels = .perPosition(try PositionGaussians(taps: taps, reader: reader, file: file))
        case nil: throw reader.damaged("map")
        }
        if let scale, scale.local.count != pixels.scoredCount { throw reader.damaged("evidence_scale") }
        self.init(
            backbone: try reader.backbone(), inputWidth: inputWidth, inputHeight: inputHeight, levels: levels,
            pixels: pixels, evidence: evidence, scale: scale)
    }
}
