/// Groups of images of the same part, which a promise counts once and a calibration must not share with its fit.
///
/// Stricter than the grouping of near-duplicates in a split, where taking two parts for one costs nothing: here it
/// would cost the user images. Three kinds of evidence link two images: they differ by noise alone (`SameScene`), by
/// noise and a displacement (`ShiftedScene`), or their rests correlate closely, as under another light
/// (`ImageLikeness`).
package enum SameParts {
    /// The correlation of the rests without the product and its displacement.
    private static let closeness: Float = 0.95

    /// Indices of images of the same part together, in order of their first one.
    package static func groups(_ prints: [ImagePrint]) -> [[Int]] {
        // Copies would bias the common content of the folder and need no comparison: one of each is used.
        let files = Dictionary(grouping: prints.indices, by: { prints[$0].digest }).values.map { $0.sorted() }
            .sorted { $0[0] < $1[0] }
        let distinct = files.map { prints[$0[0]] }
        var scenes = ImageLinks(count: distinct.count)
        for (first, second) in SameScene.pairs(distinct) { scenes.link(first, second) }
        let still = scenes.groups
        let representatives = still.map { distinct[$0[0]] }
        var links = ImageLinks(count: representatives.count)
        for (first, second) in ShiftedScene.pairs(representatives) { links.link(first, second) }
        if representatives.count > 2 {
            let likeness = ImageLikeness(representatives.map(\.thumbnail), movesCount: false)
            for (first, second) in likeness.pairs(above: closeness) { links.link(first, second) }
        }
        return links.groups.map { group in group.flatMap { still[$0] }.flatMap { files[$0] }.sorted() }
            .sorted { $0[0] < $1[0] }
    }

    /// A calibration image that was fitted on, or shows a part that was.
    package struct Shared: Sendable, Equatable {
        /// Indices among the fitting and the calibration images.
        package let fitting, calibration: Int
        /// Whether the files are identical.
        package let isCopy: Bool

        package init(fitting: Int, calibration: Int, isCopy: Bool) {
            (self.fitting, self.calibration, self.isCopy) = (fitting, calibration, isCopy)
        }
    }

    /// Every calibration image that shares its part with a fitting image, with one such image.
    package static func shared(fitting: [ImagePrint], calibration: [ImagePrint]) -> [Shared] {
        var files: [[UInt8]: Int] = [:]
        for (index, print) in fitting.enumerated() where files[print.digest] == nil { files[print.digest] = index }
        var partner = [Int?](repeating: nil, count: calibration.count)
        for group in groups(fitting + calibration) {
            guard let known = group.first, known < fitting.count else { continue }
            for member in group where member >= fitting.count { partner[member - fitting.count] = known }
        }
        return calibration.indices.compactMap { index in
            if let copy = files[calibration[index].digest] {
                return Shared(fitting: copy, calibration: index, isCopy: true)
            }
            return partner[index].map { Shared(fitting: $0, calibration: index, isCopy: false) }
        }
    }
}
