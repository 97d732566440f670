import DetectionCore
import NeuralNets

/// Resizes taps to the finest one's grid, bilinearly between their cells' centres, and picks channels of their
/// concatenation: `[positions, channels.count]`.
struct PositionGatherer {
    let rows, columns: GridAxis
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

        /// The neighbours of cell `i` of `target` among the cells of `source`.
        init(_ i: Int, of target: GridAxis, in source: GridAxis) {
            let at = (target.first + Double(i) * target.step - source.first) / source.step
            let x = min(max(0, at), Double(source.count - 1))
            lower = Int(x)
            upper = min(lower + 1, source.count - 1)
            weight = Float(x - Double(lower))
        }
    }

    var count: Int { rows.count * columns.count * sources.count }

    /// - Throws: `ModelError` if a channel is not among the taps' channels.
    init(maps: [FeatureMap], indices: [Int], channels: [Int]) throws {
        guard let finest = maps.max(by: { $0.height * $0.width < $1.height * $1.width }) else {
            throw ModelError("the pixel map has no level")
        }
        let (rows, columns) = (finest.rows, finest.columns)
        self.rows = rows
        self.columns = columns
        let all = maps.enumerated().flatMap { tap, map in (0..<map.channels).map { Source(tap: tap, channel: $0) } }
        guard channels.allSatisfy(all.indices.contains) else {
            throw ModelError("the model uses a channel that the backbone's levels do not have")
        }
        sources = channels.map { all[$0] }
        taps = zip(maps, indices).map { map, index in
            (
                index, (0..<rows.count).map { Neighbours($0, of: rows, in: map.rows) },
                (0..<columns.count).map { Neighbours($0, of: columns, in: map.columns) }
            )
        }
    }

    func gather(_ features: [FeatureMap], into out: inout [Float]) {
        out.withUnsafeMutableBufferPointer { out in
            var position = 0
            for y in 0..<rows.count {
                for x in 0..<columns.count {
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
