import DetectionCore
import Imaging
import NeuralNets

/// Chooses the strength of the perturbation that separates images kept apart best from unknown ones.
///
/// The authors choose on a set of unknown images. If the user has none, each product in turn counts as unknown: its
/// output is left out of the classifier, and its images are separated from the others'. With two products only one
/// class would remain, so blends of the two serve as unknown images.
struct EpsilonChoice {
    /// A question for the classifier: its certainty of a frame without the output of one product.
    private struct Question {
        let frame: Frame
        var forgotten: Int?
    }

    /// Questions whose answers should differ, by index.
    private struct Contest {
        let name: String
        let known, unknown: [Int]
    }

    /// The maximal numbers of images of each kind and of products left out.
    private static let most = 200, mostLeftOut = 5

    private let model: ODINModel
    /// The known images kept apart, then the unknown ones.
    private var questions: [Question]
    private var contests: [Contest] = []
    /// The product of each known image.
    private let labels: [Int]

    /// - Parameters:
    ///   - keptApart: images of the products, never trained on.
    ///   - labels: the product of each.
    ///   - unknown: folders of images without a known product; may be empty.
    /// - Throws: `FrameSource.Empty`, `FrameSource.Unreadable`.
    init(_ model: ODINModel, keptApart: FrameSource, labels: [Int], unknown: [String]) throws {
        func frames(_ source: FrameSource, _ places: [Int]) throws -> [Frame] {
            try places.map { try source.frame($0).resized(width: model.inputWidth, height: model.inputHeight) }
        }
        let places = Self.spread(over: labels.count, most: Self.most)
        let known = try frames(keptApart, places)
        self.model = model
        self.labels = places.map { labels[$0] }
        questions = []
        if !unknown.isEmpty {
            let source = try FrameSource(folders: unknown)
            add("unknown", known, try frames(source, Self.spread(over: source.count, most: Self.most)))
        } else if model.products.count > 2 {
            for product in Self.spread(over: model.products.count, most: Self.mostLeftOut) { leaveOut(product, known) }
        } else {
            add("blends", known, blends(of: known))
        }
    }

    /// Evenly spread, whatever the order of the images.
    private static func spread(over count: Int, most: Int) -> [Int] {
        (0..<min(count, most)).map { $0 * count / min(count, most) }
    }

    private mutating func add(_ name: String, _ known: [Frame], _ unknown: [Frame]) {
        let first = questions.count, middle = first + known.count
        questions += (known + unknown).map { Question(frame: $0) }
        contests.append(
            Contest(name: name, known: Array(first..<middle), unknown: Array(middle..<middle + unknown.count)))
    }

    private mutating func leaveOut(_ product: Int, _ known: [Frame]) {
        let first = questions.count
        questions += known.map { Question(frame: $0, forgotten: product) }
        let own = labels.indices.filter { labels[$0] == product }.map { first + $0 }
        let others = labels.indices.filter { labels[$0] != product }.map { first + $0 }
        guard !own.isEmpty, !others.isEmpty else { return }
        contests.append(Contest(name: "without \(model.products[product])", known: others, unknown: own))
    }

    private func blends(of known: [Frame]) -> [Frame] {
        known.indices.compactMap { index -> Frame? in
            let others = (1..<max(1, known.count)).map { (index + $0) % known.count }
            return others.first { labels[$0] != labels[index] }.map { known[index].blended(with: known[$0]) }
        }
    }

    func summary(_ work: FittingWork) throws -> ODINSummary {
        let answers = try answers(work)
        let trials = ODINOptions.epsilons.enumerated().map { number, epsilon in
            let auroc = contests.map { contest in
                (
                    contest.name,
                    Metrics.Curve(
                        scores: (contest.known + contest.unknown).map { answers[$0].doubts[number] },
                        isAnomalous: contest.known.map { _ in false } + contest.unknown.map { _ in true }
                    ).auroc
                )
            }
            return ODINSummary.Trial(epsilon: Double(epsilon), auroc: Dictionary(uniqueKeysWithValues: auroc))
        }
        // The first of equal results: the weakest perturbation.
        let best = trials.reduce(trials[0]) { $1.mean > $0.mean ? $1 : $0 }
        let correct = labels.indices.count { answers[$0].best == labels[$0] }
        return ODINSummary(
            accuracy: Double(correct) / Double(max(1, labels.count)), epsilon: best.epsilon, trials: trials)
    }

    private struct Answer {
        /// The predicted class of the whole classifier.
        let best: Int
        /// Scores by strength.
        let doubts: [Double]
    }

    private func answers(_ work: FittingWork) throws -> [Answer] {
        let parts = try ParallelFrames.run(
            count: questions.count, workers: work.workers, phase: "perturbation", progress: work.progress,
            makeWorker: { _ in Worker(detector: try ODINDetector(model: model, threads: 1)) },
            body: { worker, index in worker.answers[index] = answer(questions[index], worker.detector) })
        return parts.flatMap(\.answers).sorted { $0.key < $1.key }.map(\.value)
    }

    private func answer(_ question: Question, _ detector: ODINDetector) -> Answer {
        let picture = question.frame.networkInput(
            width: model.inputWidth, height: model.inputHeight, model.normalization)
        let (logits, gradient) = detector.look(picture, forgetting: question.forgotten)
        return Answer(
            best: logits.indices.max { logits[$0] < logits[$1] } ?? 0,
            doubts: ODINOptions.epsilons.map {
                detector.doubt(detector.perturbed(picture, gradient, epsilon: $0), forgetting: question.forgotten)
            })
    }

    private struct Worker {
        let detector: ODINDetector
        var answers: [Int: Answer] = [:]
    }
}
