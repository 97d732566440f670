import DetectionCore
import NeuralNets

extension PositionGaussians {
    /// The cells' tensors have the names that they had before there were other extents.
    private static func prefix(_ extent: Extent) -> String { extent == .cell ? "map" : "map.\(extent.rawValue)" }

    func encode(into contents: inout ModelContents) {
        contents.settings["extents"] = views.map(\.extent.rawValue).joined(separator: ",")
        contents.settings["usual_distances"] = views.map { "\($0.usual)" }.joined(separator: ",")
        contents.tensors["map.channels"] = StoredTensor(integers: channels, shape: [channels.count])
        contents.tensors["map.deviations"] = StoredTensor(floats: deviations, shape: [deviations.count])
        for view in views {
            let (prefix, d) = (Self.prefix(view.extent), view.channels)
            contents.tensors["\(prefix).mean"] = StoredTensor(
                floats: view.mean, shape: [view.height, view.width, d])
            contents.tensors["\(prefix).whitening"] = StoredTensor(
                floats: view.whitening, shape: [view.height, view.width, d * (d + 1) / 2])
        }
    }

    /// - Throws: `ModelError` for a file that contradicts itself.
    init(taps: [String], reader: ModelReader, file: WeightFile) throws {
        let channels = try reader.tensor("map.channels", rank: 1).integers()
        // Models of before there were extents have cells alone.
        let names = file.metadata["extents"] == nil ? [Extent.cell.rawValue] : try reader.list("extents")
        let extents = names.compactMap(Extent.init(rawValue:))
        guard extents.count == names.count, extents.first == .cell, Set(extents).count == names.count else {
            throw reader.damaged("extents")
        }
        let usual =
            file.metadata["extents"] == nil ? [1] : try reader.list("usual_distances").compactMap { Float($0) }
        guard usual.count == extents.count, usual.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw reader.damaged("usual_distances")
        }
        let deviations =
            file.metadata["extents"] == nil ? [] : try reader.tensor("map.deviations", rank: 1).floats()
        guard deviations.isEmpty || (deviations.count == channels.count && deviations.allSatisfy { $0 > 0 }) else {
            throw reader.damaged("map.deviations")
        }
        let views = try zip(extents, usual).map { extent, usual in
            try Self.view(extent, usual: usual, channels: channels.count, reader)
        }
        for view in views
        where (view.height, view.width)
            != (view.extent.count(cells: views[0].height), view.extent.count(cells: views[0].width))
        {
            throw reader.damaged("\(Self.prefix(view.extent)).mean")
        }
        self.init(
            taps: taps, height: views[0].height, width: views[0].width, channels: channels, views: views,
            deviations: deviations)
    }

    private static func view(
        _ extent: Extent, usual: Float, channels: Int, _ reader: ModelReader
    ) throws -> View {
        let mean = try reader.tensor("\(prefix(extent)).mean", rank: 3)
        let whitening = try reader.tensor("\(prefix(extent)).whitening", rank: 3)
        let d = mean.shape[2]
        guard extent == .texture ? (1...channels).contains(d) : d == channels,
            whitening.shape == [mean.shape[0], mean.shape[1], d * (d + 1) / 2]
        else { throw reader.damaged("\(prefix(extent)).whitening") }
        return View(
            extent: extent, height: mean.shape[0], width: mean.shape[1], channels: d, mean: mean.floats(),
            whitening: whitening.floats(), usual: usual)
    }
}
