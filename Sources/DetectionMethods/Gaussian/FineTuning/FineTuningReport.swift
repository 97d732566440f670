import DetectionCore
import Foundation
import Imaging
import InspectionPlots
import SeededRandom

/// A fine-tuning's history and outcome, as text and plots.
enum FineTuningReport {
    static func text(_ summary: FineTuningSummary, _ history: TrainingHistory) -> String {
        let epochs =
            "\(history.epochs.count) epochs on \(history.fitting) images"
            + (history.stoppedEarly ? ", stopped early" : "")
        let before = number(summary.before.mean)
        switch summary.chosen {
        case .pretrained:
            let most = history.epochs.flatMap { [$0.validation, $0.renewed].compactMap(\.self) }.max {
                ($0.gain ?? 0) < ($1.gain ?? 0)
            }
            return
                "fine-tuning: \(epochs); no epoch separates drawn defects significantly better than the pretrained network "
                + "(validation AUROC \(before)\(most.map { "; at most " + gain($0) } ?? "")), which is kept"
        case .fixed, .renewed:
            let gaussians =
                summary.chosen == .fixed ? "the pretrained features' Gaussians" : "Gaussians of its own features"
            return "fine-tuning: \(epochs); epoch \(history.bestEpoch + 1) is kept with \(gaussians); "
                + "validation AUROC \(before) before, \(number(summary.after.mean)) after (\(gain(summary.after)))"
        }
    }

    /// Mean distance and validation AUROC by epoch.
    static func pictures(_ summary: FineTuningSummary, _ history: TrainingHistory) -> [ReportFile] {
        let outcomes = [summary.before] + history.epochs.compactMap(\.validation)
        let kinds = SyntheticAnomaly.allCases.map(\.rawValue)
        let kept =
            summary.chosen == .pretrained ? "the pretrained network is kept" : "epoch \(history.bestEpoch + 1) is kept"
        func course(_ values: [Double?]) -> [(x: Double, y: Double)] {
            values.enumerated().compactMap { epoch, value in value.map { (Double(epoch), $0) } }
        }
        let watched = course([summary.watchedBefore] + history.epochs.map(\.watched))
        let renewed = course([summary.before.mean] + history.epochs.map { $0.renewed?.mean })
        let auroc = Charts.lines(
            (watched.isEmpty ? [] : [(name: "test", points: watched)])
                + [
                    (name: "mean", points: course(outcomes.map(\.mean))),
                    (name: "mean, new Gaussians", points: renewed),
                ]
                + kinds.map { kind in (name: kind, points: course(outcomes.map { $0.byKind[kind] })) },
            title: "separation of drawn defects from flawless images: \(kept)", xLabel: "epoch (0: pretrained)",
            yLabel: "AUROC")
        let distance = Charts.lines(
            [
                (name: "training", points: course([nil] + history.epochs.map(\.loss))),
                (name: "kept apart", points: course(outcomes.map(\.normalScore))),
            ], title: "mean distance of flawless images", xLabel: "epoch (0: pretrained)",
            yLabel: "summed Mahalanobis distance")
        return [ReportFile("validation.svg", auroc.data), ReportFile("distance.svg", distance.data)]
    }

    /// Every kind of drawn defect, on some images.
    static func defects(_ frames: FrameSource, seed: UInt64) throws -> Frame {
        let examples = min(2, frames.count)
        var entries: [ContactSheet.Entry] = []
        for kind in SyntheticAnomaly.allCases {
            for index in 0..<examples {
                var generator = SplitMix64(seed: seed &+ UInt64(index))
                let drawn = kind.drawn(
                    on: try frames.frame(index), donor: try frames.frame(frames.count - 1 - index), using: &generator)
                entries.append(
                    ContactSheet.Entry(frame: drawn.frame, caption: kind.rawValue, detail: "", colour: .orange))
            }
        }
        return ContactSheet.draw(entries, title: "defects drawn for validation", columns: 4)
    }

    private static func gain(_ outcome: ValidationOutcome) -> String {
        String(format: "%+.4f ± %.4f", outcome.gain ?? 0, outcome.standardError ?? 0)
    }

    private static func number(_ value: Double) -> String { String(format: "%.4f", value) }
}
