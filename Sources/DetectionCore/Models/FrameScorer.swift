import Imaging

/// The scores of one image of a folder.
package struct FrameScore: Sendable {
    package let path: String
    package let imageScore: Double
    package let mapMaximum: Double
    /// Kept only on request.
    package let map: AnomalyMap?
    /// Whether what is unusual is the image as a whole.
    package var isWholeImage = false
    /// The time in the detector; nil if it was not measured.
    package var milliseconds: Double?

    package init(path: String, imageScore: Double, mapMaximum: Double, map: AnomalyMap?) {
        (self.path, self.imageScore, self.mapMaximum, self.map) = (path, imageScore, mapMaximum, map)
    }
}

/// Scores whole folders, images in parallel.
package enum FrameScorer {
    /// - Parameters:
    ///   - keepMaps: holds every map in memory (200 kB each at 224×224).
    /// - Returns: one score per image, in their order.
    /// - Throws: `FrameSource.Unreadable`, `ModelError` for a score that is not finite, and errors of `makeDetector`.
    package static func score(
        _ frames: FrameSource, model: any DetectorModel, workers: Int, keepMaps: Bool = false, phase: String = "scores",
        progress: WorkProgress? = nil
    ) throws -> [FrameScore] {
        let parts = try ParallelFrames.run(
            count: frames.count, workers: workers, phase: phase, progress: progress,
            makeWorker: { _ in Worker(detector: try model.makeDetector(threads: 1)) },
            body: { worker, index in
                let detection = try worker.detector.detect(try frames.frame(index))
                guard detection.isFinite else {
                    throw ModelError(
                        "\(frames.paths[index]) has no finite score: the model is damaged or cannot score the image; "
                            + "check the image, or fit again")
                }
                var score = FrameScore(
                    path: frames.files[index].description, imageScore: detection.imageScore,
                    mapMaximum: Double(detection.map.maximum), map: keepMaps ? detection.map : nil)
                score.isWholeImage = detection.isWholeImage
                score.milliseconds = detection.preprocess + detection.backbone + detection.detect
                worker.scores[index] = score
            })
        return parts.flatMap(\.scores).sorted { $0.key < $1.key }.map(\.value)
    }

    private struct Worker {
        let detector: any Detector
        var scores: [Int: FrameScore] = [:]
    }
}
