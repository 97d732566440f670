import DetectionCore
import Foundation

extension FineTuningValidation {
    /// Image scores of one network on the flawless images kept apart and on the same with drawn defects.
    package struct Scores: Sendable {
        let normal: [Double]
        /// `picture` counts the flawless images.
        let anomalous: [(kind: SyntheticAnomaly, picture: Int, score: Double)]

        package init(normal: [Double], anomalous: [(kind: SyntheticAnomaly, picture: Int, score: Double)]) {
            (self.normal, self.anomalous) = (normal, anomalous)
        }

        /// - Parameter before: scores of the same images by the pretrained network.
        package func outcome(over before: Scores? = nil) -> ValidationOutcome {
            let count = Double(normal.count), (aurocs, influences) = placements
            var outcome = ValidationOutcome(byKind: aurocs, normalScore: normal.reduce(0, +) / count)
            guard let before else { return outcome }
            // An image brings one flawless score and several spoilt ones, and both networks see the same images: the
            // variance is that of the images' differences (Obuchowski, Biometrics 1997; DeLong et al., Biometrics
            // 1988).
            let differences = zip(influences, before.placements.influences).map { $0 - $1 }
            let centre = differences.reduce(0, +) / count
            let variance = differences.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / max(1, count - 1)
            outcome.gain = outcome.mean - before.outcome().mean
            outcome.standardError = (variance / count).squareRoot()
            return outcome
        }

        /// AUROC by kind, and by image the share of flawless scores below its spoilt ones plus the share of spoilt
        /// scores above its flawless one, both averaged over the kinds.
        private var placements: (aurocs: [String: Double], influences: [Double]) {
            var influences = [Double](repeating: 0, count: normal.count), aurocs: [String: Double] = [:]
            let kinds = Dictionary(grouping: anomalous, by: \.kind)
            for kind in kinds.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
                let drawn = kinds[kind] ?? [], pairs = Double(drawn.count * normal.count)
                var wins = 0.0
                for entry in drawn {
                    for (picture, score) in normal.enumerated() {
                        let win = entry.score > score ? 1 : entry.score == score ? 0.5 : 0.0
                        wins += win
                        // The shares of its own image and of the flawless one it is compared with.
                        let share = win * Double(normal.count) / pairs / Double(kinds.count)
                        influences[entry.picture] += share
                        influences[picture] += share
                    }
                }
                aurocs[kind.rawValue] = wins / pairs
            }
            return (aurocs, influences)
        }
    }
}
