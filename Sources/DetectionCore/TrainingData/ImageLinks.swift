/// Directly linked images, and the groups that they form.
///
/// Images of a smooth product at slightly different positions form a chain: each is as near to the next as two
/// exposures of one part, yet all show different parts. So a group is valid only if enough of its pairs are linked
/// directly.
struct ImageLinks {
    private let count: Int
    private var bits: [UInt64]
    private let words: Int

    /// The share of a group's pairs that must be linked directly.
    private static let density = 1.0 / 3

    init(count: Int) {
        self.count = count
        words = (count + 63) / 64
        bits = [UInt64](repeating: 0, count: count * words)
    }

    mutating func link(_ a: Int, _ b: Int) {
        let (row, column) = (min(a, b), max(a, b))
        bits[row * words + column / 64] |= 1 << UInt64(column % 64)
    }

    /// The groups in order of their first image; a chain is split into its images.
    var groups: [[Int]] {
        var sets = DisjointSets(count: count)
        for row in 0..<count {
            for word in row / 64..<max(row / 64, words) {
                var rest = bits[row * words + word]
                while rest != 0 {
                    sets.join(row, word * 64 + rest.trailingZeroBitCount)
                    rest &= rest - 1
                }
            }
        }
        return sets.groups.flatMap { group -> [[Int]] in
            let pairs = group.count * (group.count - 1) / 2
            let direct = group.reduce(0) { sum, row in
                sum + (0..<words).reduce(0) { $0 + bits[row * words + $1].nonzeroBitCount }
            }
            return Double(direct) >= Self.density * Double(pairs) ? [group] : group.map { [$0] }
        }.sorted { $0[0] < $1[0] }
    }
}
