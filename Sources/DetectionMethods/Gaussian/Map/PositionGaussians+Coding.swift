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
        for view in views { view.encode(into: &contents, prefix: Self.prefix(view.extent)) }
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
            let view = try View(reader, prefix: Self.prefix(extent), extent: extent, usual: usual)
            guard extent == .texture ? view.channels <= channels.count : view.channels == channels.count else {
                throw reader.damaged("\(Self.prefix(extent)).whitening")
            }
            return view
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
}

extension PositionGaussians.View {
    /// `<prefix>.mean` `[height, width, channels]`; `<prefix>.whitening`, the triangles, as floats or as bytes, then
    /// with `<prefix>.whitening_scales`.
    func encode(into contents: inout ModelContents, prefix: String) {
        let triangle = channels * (channels + 1) / 2
        contents.tensors["\(prefix).mean"] = StoredTensor(floats: mean, shape: [height, width, channels])
        switch whitening {
        case .exact(let triangles):
            contents.tensors["\(prefix).whitening"] = StoredTensor(
                floats: triangles, shape: [height, width, triangle])
        case .rounded(let rounded):
            withExtendedLifetime(rounded) {
                contents.tensors["\(prefix).whitening"] = StoredTensor(
                    bytes: Array(UnsafeBufferPointer(start: rounded.values, count: rounded.valueCount)),
                    shape: [height, width, triangle])
                contents.tensors["\(prefix).whitening_scales"] = StoredTensor(
                    upperHalves: Array(UnsafeBufferPointer(start: rounded.scales, count: rounded.scaleCount)),
                    shape: [height, width, rounded.scaleCount / positions])
            }
        }
    }

    /// - Throws: `ModelError` for a file that contradicts itself.
    init(_ reader: ModelReader, prefix: String, extent: PositionGaussians.Extent, usual: Float) throws {
        let mean = try reader.tensor("\(prefix).mean", rank: 3)
        let whitening = try reader.tensor("\(prefix).whitening", rank: 3)
        let (positions, d) = (mean.shape[0] * mean.shape[1], mean.shape[2])
        guard whitening.shape == [mean.shape[0], mean.shape[1], d * (d + 1) / 2] else {
            throw reader.damaged("\(prefix).whitening")
        }
        let form: PositionWhitening
        if whitening.dtype == .i8 {
            let scales = try reader.tensor("\(prefix).whitening_scales", rank: 3)
            guard scales.dtype == .bf16, scales.count == positions * RoundedTriangles.groups(channels: d) else {
                throw reader.damaged("\(prefix).whitening_scales")
            }
            form = .rounded(
                RoundedTriangles(positions: positions, channels: d) { values, steps in
                    whitening.copy(to: UnsafeMutableBufferPointer(start: values, count: whitening.count))
                    scales.copy(to: UnsafeMutableBufferPointer(start: steps, count: scales.count))
                })
        } else {
            form = .exact(whitening.floats())
        }
        self.init(
            extent: extent, height: mean.shape[0], width: mean.shape[1], channels: d, mean: mean.floats(),
            whitening: form, usual: usual)
    }
}
