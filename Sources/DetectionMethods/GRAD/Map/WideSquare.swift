import CKernels
import NeuralNets

/// The length of the mean difference over a wide square around each position.
///
/// In a zone that is slightly unusual everywhere, the differences from normal features agree in direction, and their
/// mean keeps its length; those of a flawless part cancel each other out. Averaged lengths cannot distinguish the two.
/// Owns its buffers.
final class WideSquare {
    private let rows, columns, channels: Int
    /// Cells on either side of a position.
    private let reachRows, reachColumns: Int
    private let mostOfOne: Float
    private var weights: [Float]
    private var scratch: [Float]

    init(_ layout: DistanceMapper.Layout) {
        (rows, columns, channels) = (layout.rows.count, layout.columns.count, layout.channels)
        func reach(_ axis: GridAxis) -> Int {
            max(0, Int(((Double(layout.settings.wide) / axis.step - 1) / 2).rounded()))
        }
        (reachRows, reachColumns) = (reach(layout.rows), reach(layout.columns))
        mostOfOne = layout.settings.mostOfOne
        weights = [Float](repeating: 1, count: rows * columns)
        scratch = [Float](repeating: 0, count: (rows + 1) * columns * channels)
    }

    /// - Parameters:
    ///   - vectors: `[rows, columns, channels]`.
    ///   - standardized: the positions' distances, less their means and in their standard deviations. Larger ones than
    ///     `mostOfOne` are shortened to it, so that a small, strong defect keeps its position.
    ///   - out: receives the lengths, `[rows, columns]`.
    func lengths(of vectors: [Float], standardized: [Float], into out: inout [Float]) {
        precondition(vectors.count == rows * columns * channels && out.count == rows * columns)
        for (position, distance) in standardized.enumerated() {
            weights[position] = distance > mostOfOne ? mostOfOne / distance : 1
        }
        ck_wide_lengths(
            vectors, weights, Int32(rows), Int32(columns), Int32(channels), Int32(reachRows), Int32(reachColumns),
            &scratch, &out)
    }
}
