import DetectionCore
import Imaging
import NeuralNets
import SeededRandom

/// The validation that decides when to stop: the separation of images kept apart from the same with drawn defects.
package struct FineTuningValidation: Sendable {
    /// Defects of each kind drawn on each image.
    static let draws = 2

    /// At the network's input size.
    private let normal: [Frame]
    private let anomalous: [Drawn]

    private struct Drawn {
        let kind: SyntheticAnomaly
        /// Index of the image among the flawless ones.
        let picture: Int
        let frame: Frame
    }

    /// - Parameter pictures: indices of the frames kept apart; defects are drawn at the frames' own size.
    /// - Throws: `FrameSource.Unreadable`.
    package init(
        _ frames: FrameSource, pictures: [Int], width: Int, height: Int, seed: UInt64, workers: Int,
        progress: WorkProgress? = nil
    ) throws {
        struct Part {
            var normal: [Int: Frame] = [:]
            var anomalous: [Drawn] = []
        }
        let parts = try ParallelFrames.run(
            count: pictures.count, workers: workers, phase: "defects for validation", progress: progress,
            makeWorker: { _ in Part() },
            body: { part, place in
                let index = pictures[place], frame = try frames.frame(index)
                let donor = try frames.frame(pictures[(place + 1 + pictures.count / 2) % pictures.count])
                part.normal[place] = frame.resized(width: width, height: height)
                for (number, kind) in SyntheticAnomaly.allCases.enumerated() {
                    var generator = SplitMix64(seed: seed ^ UInt64(index * 64 + number) &* 0x9e37_79b9_7f4a_7c15)
                    for _ in 0..<Self.draws {
                        let drawn = kind.drawn(on: frame, donor: donor, using: &generator).frame
                        part.anomalous.append(
                            Drawn(kind: kind, picture: place, frame: drawn.resized(width: width, height: height)))
                    }
                }
            })
        normal = parts.flatMap(\.normal).sorted { $0.key < $1.key }.map(\.value)
        // A stable sort: an image's defects come from one worker.
        anomalous = parts.flatMap(\.anomalous).enumerated()
            .sorted { ($0.element.picture, $0.offset) < ($1.element.picture, $1.offset) }.map(\.element)
    }

    /// Scores all images with a backbone and each of several sets of its levels' Gaussians.
    package func scores(
        _ backbone: Backbone, _ gaussians: [[GaussianModel.Level]], workers: Int
    ) throws -> [Scores] {
        let all = normal + anomalous.map(\.frame)
        let scores = try LevelScores.of(
            count: all.count, frame: { all[$0] }, width: all[0].width, height: all[0].height, backbone: backbone,
            gaussians: gaussians, workers: workers)
        return scores.map { scores in
            Scores(
                normal: Array(scores.prefix(normal.count)),
                anomalous: zip(anomalous, scores.dropFirst(normal.count)).map { ($0.kind, $0.picture, $1) })
        }
    }
}
