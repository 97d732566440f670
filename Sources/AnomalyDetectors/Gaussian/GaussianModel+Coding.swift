import Foundation
import NeuralNets

extension GaussianModel {
    public func encoded() throws -> ModelContents {
        var tensors: [String: StoredTensor] = [:]
        for (name, tensor) in backbone.file.tensors { tensors["backbone.\(name)"] = tensor }
        var settings = [
            "input_width": String(inputWidth), "input_height": String(inputHeight),
            "levels": levels.map(\.name).joined(separator: ","), "taps": mapTaps.joined(separator: ","),
            "backbone.architecture": backbone.architecture.rawValue, "backbone.dialect": backbone.dialect.rawValue,
        ]
        for (key, value) in backbone.metadata where !["architecture", "dialect"].contains(key) {
            settings["backbone.\(key)"] = value
        }
        for (index, level) in levels.enumerated() {
            tensors["level.\(index).mean"] = StoredTensor(doubles: level.mean, shape: [level.mean.count])
            tensors["level.\(index).whitening"] = StoredTensor(
                doubles: level.whitening, shape: [level.mean.count, level.rank])
        }
        switch pixels {
        case .tied(let taps):
            settings["map"] = GaussianOptions.MapKind.tied.rawValue
            for (index, tap) in taps.enumerated() {
                let count = tap.mean.count
                tensors["map.\(index).mean"] = StoredTensor(floats: tap.mean, shape: [count])
                tensors["map.\(index).whitening"] = StoredTensor(floats: tap.whitening, shape: [count, count])
            }
        case .perPosition(let gaussians):
            settings["map"] = GaussianOptions.MapKind.perPosition.rawValue
            let (height, width, d) = (gaussians.height, gaussians.width, gaussians.channels.count)
            tensors["map.channels"] = StoredTensor(integers: gaussians.channels, shape: [d])
            tensors["map.mean"] = StoredTensor(floats: gaussians.mean, shape: [height, width, d])
            tensors["map.whitening"] = StoredTensor(floats: gaussians.whitening, shape: [height, width, d, d])
        }
        return ModelContents(tensors: tensors, settings: settings)
    }

    /// - Throws: `ModelError`, `WeightError` for a file that does not hold what its metadata says.
    init(file: WeightFile, name: String) throws {
        let reader = ModelReader(file: file, name: name)
        let (inputWidth, inputHeight) = (try reader.integer("input_width"), try reader.integer("input_height"))
        guard (16...4096).contains(inputWidth), (16...4096).contains(inputHeight) else {
            throw ModelError("\(name): an input of \(inputWidth)×\(inputHeight) is out of the range 16…4096")
        }
        let levels = try reader.list("levels").enumerated().map { index, level in
            let mean = try reader.tensor("level.\(index).mean", rank: 1)
            let whitening = try reader.tensor("level.\(index).whitening", rank: 2)
            guard whitening.shape[0] == mean.shape[0] else { throw reader.damaged("level.\(index).whitening") }
            return Level(
                name: level, mean: mean.doubles(), whitening: whitening.doubles(), rank: whitening.shape[1])
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
            let channels = try reader.tensor("map.channels", rank: 1).integers()
            let mean = try reader.tensor("map.mean", rank: 3), whitening = try reader.tensor("map.whitening", rank: 4)
            guard mean.shape[2] == channels.count, whitening.shape == mean.shape + [channels.count] else {
                throw reader.damaged("map.whitening")
            }
            pixels = .perPosition(
                PositionGaussians(
                    taps: taps, height: mean.shape[0], width: mean.shape[1], channels: channels, mean: mean.floats(),
                    whitening: whitening.floats()))
        case nil: throw reader.damaged("map")
        }
        self.init(
            backbone: try reader.backbone(), inputWidth: inputWidth, inputHeight: inputHeight, levels: levels,
            pixels: pixels)
    }
}

/// Reads a model file's settings and tensors with errors that name them.
struct ModelReader {
    let file: WeightFile
    let name: String

    func damaged(_ what: String) -> ModelError { ModelError("\(name) is damaged at '\(what)'; fit again") }

    func setting(_ key: String) throws -> String {
        guard let value = file.metadata[key] else { throw damaged(key) }
        return value
    }

    func integer(_ key: String) throws -> Int {
        guard let value = Int(try setting(key)) else { throw damaged(key) }
        return value
    }

    func list(_ key: String) throws -> [String] { try setting(key).split(separator: ",").map(String.init) }

    func tensor(_ key: String, rank: Int) throws -> StoredTensor {
        guard let tensor = file.tensors[key], tensor.shape.count == rank, !tensor.shape.contains(0) else {
            throw damaged(key)
        }
        return tensor
    }

    /// The backbone stored under `backbone.`.
    func backbone() throws -> Backbone {
        let prefix = "backbone."
        var tensors: [String: StoredTensor] = [:]
        for (key, tensor) in file.tensors where key.hasPrefix(prefix) {
            tensors[String(key.dropFirst(prefix.count))] = tensor
        }
        var metadata: [String: String] = [:]
        for (key, value) in file.metadata where key.hasPrefix(prefix) {
            metadata[String(key.dropFirst(prefix.count))] = value
        }
        return try Backbone(file: WeightFile(tensors: tensors, metadata: metadata), name: try setting("backbone"))
    }
}
