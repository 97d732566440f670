/// The offset of a level's cells from the centres of their receptive fields, in pixels of the network's image.
package struct MapOffset: Sendable, Equatable {
    package var rows, columns: Double

    package init(rows: Double, columns: Double) { (self.rows, self.columns) = (rows, columns) }
    package static let none = MapOffset(rows: 0, columns: 0)

    /// The metadata key under which a backbone keeps its offsets.
    static let key = "map_offsets"

    /// `level rows columns; level rows columns; …`
    static func encode(_ offsets: [String: MapOffset]) -> String {
        offsets.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.rows) \($0.value.columns)" }
            .joined(separator: "; ")
    }

    /// - Returns: nil for a text that is not from `encode`.
    static func decode(_ text: String) -> [String: MapOffset]? {
        var offsets: [String: MapOffset] = [:]
        for entry in text.split(separator: ";") {
            let fields = entry.split(separator: " ")
            guard fields.count == 3, let rows = Double(fields[1]), let columns = Double(fields[2]), rows.isFinite,
                columns.isFinite
            else { return nil }
            offsets[String(fields[0])] = MapOffset(rows: rows, columns: columns)
        }
        return offsets
    }
}

extension Backbone {
    /// The same backbone with measured offsets of the cells of `taps`, for an image of this size.
    ///
    /// Padding and strides give a cell its receptive field, but not the centre of the trained weights' response:
    /// weights trained with TensorFlow's padding and run with symmetric padding respond half an input cell to the upper
    /// left at every stride. So a dot is drawn at 16 positions, dark and bright, and the centre of the change is
    /// compared with the dot. The positions are spread over one cell of the coarsest level around the image's middle;
    /// the image is enlarged, by whole coarsest cells, so that no response reaches its border.
    ///
    /// - Throws: `WeightError` for an unknown tap, `ThreadError`.
    package func registered(taps: [String], height: Int, width: Int, threads: Int) throws -> Backbone {
        let unregistered = with(offsets: [:])
        let steps = graph.grids(height: height, width: width)
        let coarsest = Int(taps.compactMap { graph.node(named: $0) }.map { steps[$0].rows.step }.max() ?? 1)
        func enlarged(_ size: Int) -> Int { size + max(0, 10 - size / coarsest) * coarsest }
        let extractor = try FeatureExtractor(
            backbone: unregistered, inputHeight: enlarged(height), inputWidth: enlarged(width), taps: taps,
            threads: threads)
        var probe = DotProbe(extractor, normalization)
        var sums = [MapOffset](repeating: .none, count: taps.count)
        let places = 16
        for place in 0..<places {
            // Along both axes every phase once, in different orders.
            let x = probe.middle.x + (Double(place) - 7.5) / Double(places) * Double(coarsest)
            let y = probe.middle.y + (Double(place * 5 % places) - 7.5) / Double(places) * Double(coarsest)
            for isDark in [true, false] {
                for (tap, seen) in probe.answers(x: x, y: y, isDark: isDark).enumerated() {
                    sums[tap].columns += seen.x - x
                    sums[tap].rows += seen.y - y
                }
            }
        }
        let offsets = sums.map {
            MapOffset(rows: -$0.rows / Double(2 * places), columns: -$0.columns / Double(2 * places))
        }
        return with(offsets: Dictionary(zip(taps, offsets)) { first, _ in first })
    }
}

/// A grainy grey image with a dot, and the dot's position in a network's maps.
private struct DotProbe {
    private let extractor: FeatureExtractor
    private let background: [Float]
    private let plain: [[Float]]
    private let levels: (dark: [Float], bright: [Float])

    init(_ extractor: FeatureExtractor, _ normalization: Normalization) {
        self.extractor = extractor
        func normalized(_ value: Float, _ channel: Int) -> Float {
            (value - normalization.mean[channel]) / normalization.std[channel]
        }
        var state: UInt64 = 1
        background = (0..<extractor.inputHeight * extractor.inputWidth).flatMap { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let grain = 0.47 + 0.06 * Float(state >> 40) / Float(1 << 24)
            return (0..<3).map { normalized(grain, $0) }
        }
        levels = ((0..<3).map { normalized(0.15, $0) }, (0..<3).map { normalized(0.85, $0) })
        _ = extractor.input.update(fromContentsOf: background)
        extractor.run()
        plain = extractor.features.map { Array($0.values) }
    }

    var middle: (x: Double, y: Double) {
        (Double(extractor.inputWidth - 1) / 2, Double(extractor.inputHeight - 1) / 2)
    }

    /// The centre of the change by a dot of radius 5 at (`x`, `y`) in every map, weighted with the squared change.
    mutating func answers(x: Double, y: Double, isDark: Bool) -> [(x: Double, y: Double)] {
        _ = extractor.input.update(fromContentsOf: background)
        let colour = isDark ? levels.dark : levels.bright
        for row in Int(y) - 6...Int(y) + 7 {
            for column in Int(x) - 6...Int(x) + 7 {
                let (dx, dy) = (Double(column) - x, Double(row) - y)
                // Half a pixel of soft edge, so that positions between pixels differ.
                let cover = Float(min(1, max(0, 5.5 - (dx * dx + dy * dy).squareRoot())))
                for channel in 0..<3 {
                    let at = (row * extractor.inputWidth + column) * 3 + channel
                    extractor.input[at] += cover * (colour[channel] - extractor.input[at])
                }
            }
        }
        extractor.run()
        return zip(extractor.features, plain).map { map, plain in
            var sum = (x: 0.0, y: 0.0), total = Double.leastNormalMagnitude
            for cell in 0..<map.height * map.width {
                var change = 0.0
                for at in cell * map.channels..<(cell + 1) * map.channels {
                    let difference = Double(map.values[at] - plain[at])
                    change += difference * difference
                }
                sum.x += change * map.columns.centre(of: cell % map.width)
                sum.y += change * map.rows.centre(of: cell / map.width)
                total += change
            }
            return (sum.x / total, sum.y / total)
        }
    }
}
