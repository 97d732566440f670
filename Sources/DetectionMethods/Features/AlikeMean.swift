import CKernels

/// Evidence shared among neighbouring cells whose features look alike: it fills an area of one look and stops at its
/// border.
enum AlikeMean {
    /// - Parameters:
    ///   - values: `[rows, columns]`.
    ///   - features: `[rows, columns, channels]`, each channel in its standard deviations.
    static func of(_ values: [Float], features: [Float], rows: Int, columns: Int, channels: Int) -> [Float] {
        var out = [Float](repeating: 0, count: values.count)
        ck_mean_of_alike(
            values, features, Int32(rows), Int32(columns), Int32(channels), reach, Int32(2 * reach), &out)
        return out
    }

    /// Standard deviation in cells of the weight of a neighbour.
    private static let reach: Float = 3
}
