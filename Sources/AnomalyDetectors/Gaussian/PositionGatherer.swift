import NeuralNets

/// Brings taps to the finest one's grid, bilinearly with half-pixel centres, and picks channels of their concatenation:
/// `[positions, channels.count]`.
struct PositionGatherer {
    let height, width: Int
    private struct Source {
        let tap: Int
        let channel: Int
    }
    private let sources: [Source]
    /// Per tap: index of its map, and per grid row and column the neighbours and the second one's weight.
    private let taps: [(index: Int, rows: [Neighbours], columns: [Neighbours])]

    private struct Neighbours {
        let lower, upper: Int
        let weight: Float

        init(_ i: Int, from size: Int, to count: Int) {
            let x = max(0, (Float(i) + 0.5) * Float(size) / Float(count) - 0.5)
            lower = min(Int(x), size - 1)
            upper = min(lower + 1, size - 1)
            weight = x - Float(lower)
        }
    }

    var count: Int { height * width * sources.count }

    /// - Throws: `ModelError` when a channel is not among the taps' channels.
    init(maps: [FeatureMap], indices: [Int], channels: [Int]) throws {
        let (height, width) = (maps.map(\.height).max() ?? 0, maps.map(\.width).max() ?? 0)
        self.height = height
        self.width = width
        let all = maps.enumerated().flatMap { tap, map in (0..<map.channels).map { Source(tap: tap, channel: $0) } }
        guard channels.allSatisfy(all.indices.contains) else {
            throw ModelError("the model uses a channel that the backbone's levels do not have")
        }
        sources = channels.map { all[$0] }
        taps = zip(maps, indices).map { map, index in
            (
                index, (0..<height).map { Neighbours($0, from: map.height, to: height) },
                (0..<width).map { Neighbours($0, from: map.width, to: width) }
            )
        }
    }

    func gather(_ features: [FeatureMap], into out: inout [Float]) {
        out.withUnsafeMutableBufferPointer { out in
            var position = 0
            for y in 0..<height {
                for x in 0..<width {
                    for source in sources {
                        let tap = taps[source.tap], map = features[tap.index]
                        let (row, column) = (tap.rows[y], tap.columns[x])
                        func value(_ y: Int, _ x: Int) -> Float {
                            map.values[(y * map.width + x) * map.channels + source.channel]
                        }
                        let (a, b) = (value(row.lower, column.lower), value(row.lower, column.upper))
                        let (c, d) = (value(row.upper, column.lower), value(row.upper, column.upper))
                        let top = a + (b - a) * column.weight, bottom = c + (d - c) * column.weight
                        out[position] = top + (bottom - top) * row.weight
                        position += 1
                    }
                }
            }
        }
    }
}
