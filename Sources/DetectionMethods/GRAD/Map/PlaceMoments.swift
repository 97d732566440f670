/// Moments at each position of many maps of one size, accumulated map by map.
struct PlaceMoments {
    private var sums: [Double] = [], squares: [Double] = [], maps = 0.0

    mutating func add(_ map: [Float]) {
        if sums.isEmpty { (sums, squares) = (map.map { _ in 0 }, map.map { _ in 0 }) }
        for (place, value) in map.enumerated() {
            sums[place] += Double(value)
            squares[place] += Double(value) * Double(value)
        }
        maps += 1
    }

    var means: [Double] { sums.map { $0 / maps } }
    var variances: [Double] { zip(means, squares).map { max(0, $1 / maps - $0 * $0) } }

    /// The mean of the positions' variances.
    var variance: Double { variances.reduce(0, +) / Double(max(1, sums.count)) }

    /// The standard deviation at a position over the maps; nil if no position varies.
    var deviation: Float? {
        let deviation = Float(variance.squareRoot())
        return deviation > 0 && deviation.isFinite ? deviation : nil
    }
}
