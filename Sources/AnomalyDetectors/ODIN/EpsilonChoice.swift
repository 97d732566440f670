import Imaging
import NeuralNets

/// Chooses how strongly inputs are perturbed: by which strength pictures kept apart are told best from unknown ones.
///
/// The authors choose on a set of unknown pictures; where the user has none, unknown are the blends of two products'
/// pictures, uniform noise and Gaussian noise.
enum EpsilonChoice {
    /// Pictures of each kind at most.
    private static let most = 200

    static func choose(
        _ model: ODINModel, _ frames: FrameSource, keptApart: [Int], labels: [Int], unknown: [String], seed: UInt64,
        work: FittingWork
    ) throws -> ODINSummary {
        let (width, height) = (model.inputWidth, model.inputHeight)
        // Evenly spread over the products, however the pictures are sorted.
        let step = max(1, (keptApart.count + most - 1) / most)
        let places = Array(stride(from: 0, to: keptApart.count, by: step))
        let known = try places.map { try frames.frame(keptApart[$0]).resized(width: width, height: height) }
        var kinds: [(name: String, frames: [Frame])] = []
        if unknown.isEmpty {
            let blends = places.indices.compactMap { index -> Frame? in
                let others = (1..<places.count).map { (index + $0) % places.count }
                guard let mate = others.first(where: { labels[places[$0]] != labels[places[index]] }) else {
                    return nil
                }
                return known[index].blended(with: known[mate])
            }
            kinds.append(("blends", blends))
            for noise in NoisePictures.allCases {
                kinds.append(
                    (
                        noise.rawValue,
                        known.indices.map { noise.frame($0, width: width, height: height, seed: seed) }
                    ))
            }
        } else {
            let source = try FrameSource(folders: unknown)
            let every = max(1, (source.count + most - 1) / most)
            kinds.append(
                (
                    "unknown",
                    try stride(from: 0, to: source.count, by: every).map {
                        try source.frame($0).resized(width: width, height: height)
                    }
                ))
        }
        let all = known + kinds.flatMap(\.frames)
        let answers = try scores(all, model, work)
        let correct = places.indices.count { answers[$0].best == labels[places[$0]] }
        let trials = ODINOptions.epsilons.enumerated().map { number, epsilon in
            var first = known.count, auroc: [String: Double] = [:]
            for (name, frames) in kinds {
                let part = answers[first..<first + frames.count]
                auroc[name] =
                    Metrics.Curve(
                        scores: (answers.prefix(known.count) + part).map { $0.doubts[number] },
                        isAnomalous: known.map { _ in false } + frames.map { _ in true }
                    ).auroc
                first += frames.count
            }
            return ODINSummary.Trial(epsilon: Double(epsilon), auroc: auroc)
        }
        // The first of equals: the weakest perturbation.
        let best = trials.reduce(trials[0]) { $1.mean > $0.mean ? $1 : $0 }
        return ODINSummary(
            accuracy: Double(correct) / Double(max(1, places.count)), epsilon: best.epsilon, trials: trials)
    }

    private struct Scored {
        let best: Int
        /// By strength.
        let doubts: [Double]
    }

    private static func scores(_ frames: [Frame], _ model: ODINModel, _ work: FittingWork) throws -> [Scored] {
        let parts = try ParallelFrames.run(
            count: frames.count, workers: work.workers, phase: "perturbation", progress: work.progress,
            makeWorker: { _ in Worker(detector: try ODINDetector(model: model, threads: 1)) },
            body: { worker, index in
                let picture = frames[index].networkInput(
                    width: model.inputWidth, height: model.inputHeight, model.normalization)
                let (logits, gradient) = worker.detector.look(picture)
                worker.scored[index] = Scored(
                    best: logits.indices.max { logits[$0] < logits[$1] } ?? 0,
                    doubts: ODINOptions.epsilons.map {
                        worker.detector.doubt(worker.detector.perturbed(picture, gradient, epsilon: $0))
                    })
            })
        return parts.flatMap(\.scored).sorted { $0.key < $1.key }.map(\.value)
    }

    private struct Worker {
        let detector: ODINDetector
        var scored: [Int: Scored] = [:]
    }
}
