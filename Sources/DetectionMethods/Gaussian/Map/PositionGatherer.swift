import DetectionCore
import NeuralNets

/// Brings taps to one grid and picks channels of their concatenation: `[positions, channels.count]`. A finer tap is
/// averaged over each cell of the grid, a coarser one interpolated between its own cells.
struct PositionGatherer {
    let rows, columns: GridAxis
    private let taps: [Tap]
    private let channelCount: Int

    private struct Tap {
        /// Index of its map.
        let index: Int
        let rows, columns: [Cell]
        /// Its picked channels, and the place of the first of them among all.
        let channels: [Int]
        let first: Int
    }

    /// The cells of a tap that one cell of the grid is made of, with their weights.
    private struct Cell {
        let first: Int
        let weights: [Float]

        /// Cell `i` of `target` from the cells of `source`.
        init(_ i: Int, of target: GridAxis, in source: GridAxis) {
            let at = (target.first + Double(i) * target.step - source.first) / source.step
            let span = target.step / source.step
            if span > 1 {
                // The share of each finer cell that lies in this one.
                let low = at - span / 2 + 0.5, high = at + span / 2 + 0.5
                let cells =
                    max(
                        0, min(source.count - 1, Int(low.rounded(.down))))...max(
                        0, min(source.count - 1, Int(high.rounded(.up)) - 1))
                let shares = cells.map { max(0, min(high, Double($0 + 1)) - max(low, Double($0))) }
                let sum = shares.reduce(0, +)
                first = cells.lowerBound
                weights = sum > 0 ? shares.map { Float($0 / sum) } : [1]
            } else {
                let x = min(max(0, at), Double(source.count - 1))
                first = Int(x)
                let upper = Float(x - Double(first))
                weights = first + 1 < source.count ? [1 - upper, upper] : [1]
            }
        }
    }

    var count: Int { rows.count * columns.count * channelCount }

    /// - Parameters:
    ///   - channels: ascending.
    ///   - size: rows and columns of the grid; nil for the coarsest tap's.
    /// - Throws: `ModelError` if a channel is not among the taps' channels, or no tap has such a grid.
    init(
        maps: [FeatureMap], indices: [Int], channels: [Int], size: (height: Int, width: Int)? = nil
    ) throws {
        guard let coarsest = maps.min(by: { $0.height * $0.width < $1.height * $1.width }) else {
            throw ModelError("the pixel map has no level")
        }
        let wanted = size ?? (coarsest.height, coarsest.width)
        guard let grid = maps.first(where: { $0.height == wanted.height && $0.width == wanted.width }) else {
            throw ModelError(
                "the model has \(wanted.height)×\(wanted.width) positions, the backbone gives "
                    + maps.map { "\($0.height)×\($0.width)" }.joined(separator: ", "))
        }
        let total = maps.reduce(0) { $0 + $1.channels }
        guard channels.allSatisfy((0..<total).contains) else {
            throw ModelError("the model uses a channel that the backbone's levels do not have")
        }
        (rows, columns, channelCount) = (grid.rows, grid.columns, channels.count)
        var taps: [Tap] = [], before = 0, place = 0
        for (map, index) in zip(maps, indices) {
            let own = channels.filter { (before..<before + map.channels).contains($0) }.map { $0 - before }
            taps.append(
                Tap(
                    index: index,
                    rows: (0..<grid.rows.count).map { Cell($0, of: grid.rows, in: map.rows) },
                    columns: (0..<grid.columns.count).map { Cell($0, of: grid.columns, in: map.columns) },
                    channels: own, first: place))
            before += map.channels
            place += own.count
        }
        self.taps = taps
    }

    func gather(_ features: [FeatureMap], into out: inout [Float]) {
        out.withUnsafeMutableBufferPointer { out in
            out.update(repeating: 0)
            for tap in taps {
                let map = features[tap.index]
                tap.channels.withUnsafeBufferPointer { channels in
                    for y in 0..<rows.count {
                        for x in 0..<columns.count {
                            let start = (y * columns.count + x) * channelCount + tap.first
                            add(tap.rows[y], tap.columns[x], of: map, channels, to: out, at: start)
                        }
                    }
                }
            }
        }
    }

    private func add(
        _ row: Cell, _ column: Cell, of map: FeatureMap, _ channels: UnsafeBufferPointer<Int>,
        to out: UnsafeMutableBufferPointer<Float>, at start: Int
    ) {
        for (down, rowWeight) in row.weights.enumerated() {
            for (right, columnWeight) in column.weights.enumerated() {
                let weight = rowWeight * columnWeight
                let cell = ((row.first + down) * map.width + column.first + right) * map.channels
                for place in 0..<channels.count {
                    out[start + place] += weight * map.values[cell + channels[place]]
                }
            }
        }
    }
}
