import DetectionCore
import ImageFolders
import Imaging
import SeededRandom

/// The images that calibrate a model which is fitted without separate calibration images.
///
/// With folds, every image counts twice: all are fitted on, and each calibrates with its score under a model without
/// its fold (cross-conformal prediction: Vovk 2015; jackknife+ and CV+: Barber, Candès, Ramdas & Tibshirani 2021).
package enum CalibrationFolds: Sendable, Equatable {
    /// The method's own way, where the rule needs no confidence: a fold for each part in closed form, some folds for
    /// fits of seconds; otherwise `none`.
    case automatic
    /// This many folds of whole parts.
    case count(Int)
    /// Images that are held out of the fit.
    case none
}

extension ModelFitting {
    /// How images calibrate that the model is fitted on.
    var leavingOut: LeavingOut {
        switch folds {
        case .automatic: rule.confidence == nil ? method.leavingOut : .never
        case .count(let folds): .byRefitting(folds: folds)
        case .none: .never
        }
    }

    /// Indices of images of the same part together, or of the same fold; nil if no image is left out.
    func parts(of frames: FrameSource, _ products: [Pictures]) -> [[Int]]? {
        let calibrates = products.contains(where: \.areLeftOut)
        guard method.leavingOut == .inClosedForm || calibrates else { return nil }
        let known = products.flatMap { Array(zip($0.fitting.files, $0.fittingProfiles)) }
        guard known.count == frames.count else { return nil }
        let profiles = known.sorted { $0.0 < $1.0 }.map(\.1)
        let parts = SameParts.groups(profiles.map(\.print))
        guard calibrates, case .byRefitting(let wanted) = leavingOut else { return parts }
        var generator = SplitMix64(seed: seed)
        var dealt = [[Int]](repeating: [], count: max(2, wanted))
        // The largest parts first, each to the smallest fold.
        for part in parts.shuffled(using: &generator).sorted(by: { $0.count > $1.count }) {
            let smallest = dealt.indices.min { dealt[$0].count < dealt[$1].count } ?? 0
            dealt[smallest] += part
        }
        return dealt.filter { !$0.isEmpty }.map { $0.sorted() }
    }

    /// Each image's score under a model fitted without its fold, by fitting once for every fold.
    func refitted(_ frames: FrameSource, folds: [[Int]], progress: WorkProgress?) throws -> [LeftOutScore] {
        var scores: [Int: LeftOutScore] = [:]
        for (number, fold) in folds.enumerated() {
            let out = Set(fold), rest = frames.subset(frames.files.indices.filter { !out.contains($0) })
            let fitted = try method.fit(
                rest, backbone: backbone, work: FittingWork(workers: workers, progress: progress))
            let held = try FrameScorer.score(
                frames.subset(fold), model: fitted.model, workers: workers,
                phase: "fold \(number + 1) of \(folds.count)", progress: progress)
            for (index, score) in zip(fold, held) {
                scores[index] = LeftOutScore(imageScore: score.imageScore, mapMaximum: score.mapMaximum)
            }
        }
        return frames.files.indices.compactMap { scores[$0] }
    }

    /// The scores of one product's images.
    static func scores(
        _ leftOut: [LeftOutScore], of frames: FrameSource, for images: FrameSource
    ) -> [FrameScore] {
        let byFile = Dictionary(zip(frames.files, leftOut)) { first, _ in first }
        return images.files.compactMap { file in
            byFile[file].map {
                FrameScore(
                    path: file.description, imageScore: $0.imageScore, mapMaximum: $0.mapMaximum, map: nil)
            }
        }
    }
}
