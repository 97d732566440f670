import Foundation
import LinuxPlatform
import NeuralNets
import SeededRandom
import TensorCore

/// One training: epochs of steps, each epoch judged at its end, the parameters of the best epoch kept. Checkpoints let
/// an interrupted training resume and give the same model bit for bit.
package struct TrainingCourse<Subject: Trainee> {
    package struct Plan {
        /// The names of the training and of the loss in the progress line.
        package var phase, lossName: String
        /// Indices of the images trained on.
        package var pictures: [Int]
        package var heldOut: Int
        package var epochs, batchSize: Int
        /// Training ends after this many epochs without a new best; 0 never ends it early.
        package var patience: Int
        package var seed: UInt64
        /// A batch of a single image has no statistics of its own: with this, one left over at an epoch's end is left
        /// out.
        package var leavesOutSingles: Bool
        /// The penalty that an epoch must beat to be kept; possibly none does.
        package var toBeat: Double?
        /// Changes with anything that the result depends on: a checkpoint of another fit is not resumed.
        package var identity: String
        /// The remedy when training diverges.
        package var remedy: String

        package init(
            phase: String = "training", lossName: String = "loss", pictures: [Int], heldOut: Int = 0, epochs: Int,
            batchSize: Int, patience: Int = 0, seed: UInt64, leavesOutSingles: Bool = false, toBeat: Double? = nil,
            identity: String, remedy: String
        ) {
            (self.phase, self.lossName, self.pictures, self.heldOut) = (phase, lossName, pictures, heldOut)
            (self.epochs, self.batchSize, self.patience, self.seed) = (epochs, batchSize, patience, seed)
            (self.leavesOutSingles, self.toBeat) = (leavesOutSingles, toBeat)
            (self.identity, self.remedy) = (identity, remedy)
        }
    }

    private let plan: Plan
    package private(set) var subject: Subject
    package private(set) var history = TrainingHistory()
    /// The parameters of the best epoch; nil if none was better than `toBeat`.
    package private(set) var best: [String: StoredTensor]?
    private var lowest: Double
    /// The next step.
    private var epoch = 0, step = 0
    /// Sums over the epoch's steps so far, weighted by their images.
    private var sums: [String: Double] = [:]
    private var seen = 0

    package init(_ subject: Subject, _ plan: Plan) {
        (self.subject, self.plan) = (subject, plan)
        lowest = plan.toBeat ?? .infinity
        history.fitting = plan.pictures.count
        history.heldOut = plan.heldOut
        history.bestEpoch = plan.toBeat == nil ? 0 : -1
    }

    private var stepsPerEpoch: Int {
        let whole = plan.pictures.count / plan.batchSize, rest = plan.pictures.count % plan.batchSize
        return whole + (rest == 0 || rest == 1 && plan.leavesOutSingles && whole > 0 ? 0 : 1)
    }

    /// - Throws: `ModelError` for a loss that is not finite, errors of the subject and of the checkpoint store.
    package mutating func run(_ work: FittingWork) throws {
        if let data = try work.checkpoint?.load() { resume(from: data, work) }
        // Every step frees and allocates the same memory again.
        Memory.keepFreed()
        defer { Memory.giveBack() }
        var saved = Date()
        while epoch < plan.epochs, !history.stoppedEarly {
            let order = order(of: epoch)
            while step < stepsPerEpoch {
                let start = step * plan.batchSize
                let batch = Array(order[start..<min(order.count, start + plan.batchSize)])
                try add(try subject.step(batch, at: CoursePlace(epoch: epoch, step: step)), count: batch.count)
                step += 1
                report(work)
                if step < stepsPerEpoch, let checkpoint = work.checkpoint,
                    Date().timeIntervalSince(saved) >= checkpoint.interval
                {
                    try save(checkpoint)
                    saved = Date()
                }
            }
            try finishEpoch(work)
            if let checkpoint = work.checkpoint { try save(checkpoint) }
            saved = Date()
        }
        if best == nil, plan.toBeat == nil { best = subject.snapshot }
    }

    private func order(of epoch: Int) -> [Int] {
        var generator = SplitMix64(seed: plan.seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(epoch) &+ 1)
        return plan.pictures.shuffled(using: &generator)
    }

    private static var total: String { "loss" }

    private mutating func add(_ losses: StepLosses, count: Int) throws {
        guard losses.total.isFinite else {
            throw ModelError(
                "\(plan.phase) diverged in epoch \(epoch + 1): the \(plan.lossName) is \(losses.total); \(plan.remedy)"
            )
        }
        sums[Self.total, default: 0] += losses.total * Double(count)
        for (name, loss) in losses.parts { sums[name, default: 0] += loss * Double(count) }
        seen += count
    }

    private mutating func finishEpoch(_ work: FittingWork) throws {
        let judgement = try subject.judge(workers: work.workers)
        var parts = sums.mapValues { $0 / Double(seen) }
        let loss = parts.removeValue(forKey: Self.total) ?? 0
        history.epochs.append(
            TrainingHistory.Epoch(
                loss: loss, parts: parts.isEmpty ? nil : parts, heldOutLoss: judgement.heldOutLoss,
                learningRate: subject.learningRate(epoch: epoch), validation: judgement.validation,
                renewed: judgement.renewed, watched: judgement.watched))
        if let penalty = judgement.penalty, !(penalty < lowest) {
            history.stoppedEarly = plan.patience > 0 && epoch - history.bestEpoch >= plan.patience
        } else {
            (lowest, best, history.bestEpoch) = (judgement.penalty ?? lowest, subject.snapshot, epoch)
        }
        (epoch, step, sums, seen) = (epoch + 1, 0, [:], 0)
    }

    private func report(_ work: FittingWork) {
        var detail = String(
            format: "\(plan.lossName) %.4g, rate %.2g", (sums[Self.total] ?? 0) / Double(max(1, seen)),
            subject.learningRate(epoch: epoch))
        if let last = history.epochs.last?.validation?.mean {
            detail += String(format: ", validation AUROC %.4f", last)
        }
        work.progress?(
            epoch * stepsPerEpoch + step, plan.epochs * stepsPerEpoch,
            "\(plan.phase): epoch \(epoch + 1)/\(plan.epochs), \(detail)")
    }

    // MARK: Checkpoints

    private struct Place: Codable {
        var epoch, step, seen: Int
        /// Bit patterns: decimal digits would lose some.
        var sums: [String: UInt64]
        var lowest: UInt64
        var history: TrainingHistory
    }

    private func save(_ checkpoint: CheckpointStore) throws {
        var tensors: [String: StoredTensor] = [:]
        for (name, tensor) in subject.state { tensors["state.\(name)"] = tensor }
        for (name, tensor) in best ?? [:] { tensors["best.\(name)"] = tensor }
        let place = Place(
            epoch: epoch, step: step, seen: seen, sums: sums.mapValues(\.bitPattern), lowest: lowest.bitPattern,
            history: history)
        let metadata = [
            "identity": plan.identity, "place": String(decoding: try JSONEncoder().encode(place), as: UTF8.self),
        ]
        try checkpoint.save(try WeightFile(tensors: tensors, metadata: metadata).encodedAsSafetensors())
    }

    /// Resumes from the checkpoint if it belongs to this training; else reports the reason and starts again.
    private mutating func resume(from data: Data, _ work: FittingWork) {
        func refuse(_ why: String) { work.remark?("the checkpoint of an interrupted fit \(why); starting again") }
        guard let file = try? WeightFile.parse(data, name: "checkpoint"), let text = file.metadata["place"],
            let place = try? JSONDecoder().decode(Place.self, from: Data(text.utf8))
        else { return refuse("is damaged or of another version") }
        guard file.metadata["identity"] == plan.identity else {
            return refuse("belongs to other images, settings or another number of workers")
        }
        func part(_ prefix: String) -> [String: StoredTensor] {
            let pairs = file.tensors.filter { $0.key.hasPrefix(prefix) }
            return Dictionary(uniqueKeysWithValues: pairs.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
        }
        let best = part("best.")
        let hasBest = place.history.bestEpoch >= 0 && !place.history.epochs.isEmpty
        guard best.isEmpty != hasBest, (try? subject.restore(part("state."))) != nil else {
            return refuse("is damaged")
        }
        (epoch, step, seen, history) = (place.epoch, place.step, place.seen, place.history)
        (sums, lowest) = (place.sums.mapValues(Double.init(bitPattern:)), Double(bitPattern: place.lowest))
        self.best = best.isEmpty ? nil : best
        work.remark?("resuming an interrupted fit in epoch \(epoch + 1) of \(plan.epochs)")
    }
}
