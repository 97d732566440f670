/// One score per part, from those of its images: what a calibration counts.
///
/// The largest is taken. Were a later part seen as often as those of the calibration, the largest of its scores would be
/// exchangeable with theirs, so it exceeds the threshold at most at the promised rate; a single frame of it can only be lower.
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
