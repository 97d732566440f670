/// One score per part, from the scores of its images, for a calibration.
///
/// A part's score is its largest. If a later part had as many images as the calibration's parts, its largest score
/// would be exchangeable with theirs and exceed the threshold at most at the promised rate; a single frame can only be
/// lower.
package enum PartScores {
    /// - Parameter parts: indices of `scores`, each once.
    package static func largest(
        _ scores: [FrameScore], parts: [[Int]]
    ) -> [(image: Double, mapMaximum: Double)] {
        parts.map { members in
            (
                image: members.map { scores[$0].imageScore }.max() ?? 0,
                mapMaximum: members.map { scores[$0].mapMaximum }.max() ?? 0
            )
        }
    }
}
