import DetectionCore
import Foundation
import Imaging
import NeuralNets

/// The separation of known from unknown images, as the field's papers tabulate it: by the plain softmax (Hendrycks &
/// Gimpel, ICLR 2017) and by ODIN.
package struct ODINEvaluation: ReportSection {
    package static let key = "odin"

    /// The measures of one score; known images count as positive.
    package struct Measures: Codable, Sendable, Equatable {
        /// Share of the unknown images that pass if 95 % of the known do.
        package var fpr95: Double?
        /// The least mean of the two kinds of error over all thresholds.
        package var detectionError: Double?
        package var auroc, auprIn, auprOut: Double?

        enum CodingKeys: String, CodingKey {
            case fpr95 = "FPR95"
            case detectionError = "detection_error"
            case auroc = "AUROC"
            case auprIn = "AUPR_in"
            case auprOut = "AUPR_out"
        }

        /// - Parameters: scores of known and unknown images, higher for the unknown.
        package init(known: [Double], unknown: [Double]) {
            let scores = known + unknown
            let isUnknown = known.map { _ in false } + unknown.map { _ in true }
            let out = Metrics.Curve(scores: scores, isAnomalous: isUnknown)
            let inside = Metrics.Curve(scores: scores.map { -$0 }, isAnomalous: isUnknown.map { !$0 })
            fpr95 = inside.falsePositiveRate().ifNumber
            auroc = out.auroc.ifNumber
            (auprIn, auprOut) = (inside.averagePrecision.ifNumber, out.averagePrecision.ifNumber)
            // At the end of the curve all images are called unknown, at its beginning none: an error of a half.
            detectionError = out.roc.map { ($0.x + 1 - $0.y) / 2 }.min()
        }
    }

    package struct Row: Codable, Sendable {
        /// The kind of unknown images.
        package var unknown: String
        package var pictures: Int
        package var baseline, odin: Measures
    }

    /// Share of the known test images whose product was recognised.
    package var accuracy: Double
    package var known: Int
    package var epsilon, temperature: Double
    package var rows: [Row]

    /// - Parameters:
    ///   - known: test images and the names of their products.
    ///   - unknown: test images of other things.
    package static func run(
        _ model: ODINModel, known: [(path: String, product: String)], unknown: [String], workers: Int,
        progress: WorkProgress? = nil
    ) throws -> ODINEvaluation {
        let source = FrameSource(paths: known.map(\.path) + unknown)
        let noises = NoiseImages.allCases
        let total = source.count + noises.count * known.count
        let parts = try ParallelFrames.run(
            count: total, workers: workers, phase: "known and unknown", progress: progress,
            makeWorker: { _ in Worker(detector: try ODINDetector(model: model, threads: 1)) },
            body: { worker, index in
                let drawn = index - source.count
                let frame =
                    drawn < 0
                    ? try source.frame(index)
                    : noises[drawn / known.count].frame(
                        drawn, width: model.inputWidth, height: model.inputHeight)
                worker.note(
                    worker.detector.answer(
                        frame.networkInput(width: model.inputWidth, height: model.inputHeight, model.normalization)),
                    of: index)
            })
        let answers = parts.flatMap(\.short).sorted { $0.key < $1.key }.map(\.value)
        func row(_ name: String, _ range: Range<Int>) -> Row {
            func measures(_ score: (Short) -> Double) -> Measures {
                Measures(known: answers.prefix(known.count).map(score), unknown: answers[range].map(score))
            }
            return Row(
                unknown: name, pictures: range.count, baseline: measures(\.baseline), odin: measures(\.score))
        }
        var rows = unknown.isEmpty ? [] : [row("other images", known.count..<source.count)]
        for (number, noise) in noises.enumerated() {
            let first = source.count + number * known.count
            rows.append(row("\(noise.rawValue) noise", first..<first + known.count))
        }
        let correct = known.indices.count { model.products[answers[$0].best] == known[$0].product }
        return ODINEvaluation(
            accuracy: Double(correct) / Double(max(1, known.count)), known: known.count,
            epsilon: Double(model.epsilon), temperature: model.temperature, rows: rows)
    }

    /// The kept part of an answer.
    private struct Short {
        let best: Int
        let baseline, score: Double
    }

    private struct Worker {
        let detector: ODINDetector
        var short: [Int: Short] = [:]

        mutating func note(_ answer: ODINDetector.Answer, of index: Int) {
            let logits = answer.logits
            short[index] = Short(
                best: logits.indices.max { logits[$0] < logits[$1] } ?? 0, baseline: answer.baseline,
                score: answer.score)
        }
    }
}

extension ODINEvaluation {
    /// Known images against unknown ones as the field's papers tabulate it.
    var text: String {
        var table = Table(
            ["unknown", "images", "score", "FPR@95TPR", "detection error", "AUROC", "AUPR in", "AUPR out"],
            numeric: [1, 3, 4, 5, 6, 7])
        for row in rows {
            for (name, measures) in [("softmax", row.baseline), ("ODIN", row.odin)] {
                let numbers = [
                    measures.fpr95, measures.detectionError, measures.auroc, measures.auprIn, measures.auprOut,
                ]
                table.add(
                    [row.unknown, "\(row.pictures)", name]
                        + numbers.map { $0.map { String(format: "%.4f", $0) } ?? "–" })
            }
        }
        return String(
            format: "recognised %.2f %% of %d known images; temperature %g, perturbation %g\n", accuracy * 100, known,
            temperature, epsilon) + table.text
    }
}
