import Foundation
import Imaging
import InspectionDomain
import NeuralNets
import TensorCore

/// The course of one fine-tuning: epochs of updates, each judged by drawn defects; the best is kept, and saved now and then
/// so that the course can go on after an interruption.
struct FineTuningCourse {
    private let options: FineTuningOptions
    private let seed: UInt64
    private let backbone: Backbone
    private let levels: [GaussianModel.Level]
    /// At the network's input size.
    private let pictures: [Frame]
    private let validation: FineTuningValidation
    /// Changes with anything that the outcome depends on.
    private let identity: String
    private var step: FineTuningStep

    private(set) var history = TrainingHistory()
    /// The parameters of the best epoch; nil while none beats the pretrained network.
    private(set) var best: NetworkParameters?
    private(set) var before: FineTuningValidation.Outcome
    private var highest: Double
    private var epoch = 0, update = 0
    private var lossSum = 0.0

    init(
        backbone: Backbone, levels: [GaussianModel.Level], pictures: [Frame], validation: FineTuningValidation,
        before: FineTuningValidation.Outcome, options: FineTuningOptions, seed: UInt64, identity: String
    ) throws {
        (self.backbone, self.levels, self.pictures, self.validation) = (backbone, levels, pictures, validation)
        (self.options, self.seed, self.before) = (options, seed, before)
        self.identity = "fine-tuning 1 \(options) \(seed) \(identity)"
        highest = before.mean + options.leastGain
        step = try FineTuningStep(backbone: backbone, levels: levels, options: options)
        history.fitting = pictures.count
        history.bestEpoch = -1
    }

    private var updatesPerEpoch: Int { (pictures.count + options.batchSize - 1) / options.batchSize }

    mutating func run(_ work: FittingWork) throws {
        if let data = try work.checkpoint?.load() { resume(from: data) }
        var saved = Date()
        while epoch < options.epochs, !history.stoppedEarly {
            let order = order(of: epoch)
            while update < updatesPerEpoch {
                let start = update * options.batchSize
                let batch = Array(order[start..<min(order.count, start + options.batchSize)])
                lossSum += Double(step.update(count: batch.count, parts: parts(batch))) * Double(batch.count)
                update += 1
                report(work)
                if update < updatesPerEpoch, let checkpoint = work.checkpoint,
                    Date().timeIntervalSince(saved) >= checkpoint.interval
                {
                    try save(work)
                    saved = Date()
                }
            }
            try finishEpoch(work)
            try save(work)
            saved = Date()
        }
    }

    // MARK: What an epoch is made of

    private func order(of epoch: Int) -> [Int] {
        var generator = SplitMix64(seed: seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(epoch) &+ 1)
        return Array(pictures.indices).shuffled(using: &generator)
    }

    /// A batch in parts of `partSize` pictures, made when they are asked for.
    private func parts(_ batch: [Int]) -> some Sequence<Tensor> {
        stride(from: 0, to: batch.count, by: options.partSize).lazy.map { start in
            input(batch[start..<min(batch.count, start + options.partSize)].map { pictures[$0] })
        }
    }

    private func input(_ frames: [Frame]) -> Tensor {
        let (width, height) = (frames[0].width, frames[0].height), count = width * height * 3
        var tensor = Tensor(zeros: [frames.count, height, width, 3])
        tensor.values.withUnsafeMutableBufferPointer { values in
            for (index, frame) in frames.enumerated() {
                frame.fillNetworkInput(
                    UnsafeMutableBufferPointer(rebasing: values[index * count..<(index + 1) * count]), width: width,
                    height: height, mean: backbone.normalization.mean, std: backbone.normalization.std)
            }
        }
        return tensor
    }

    private mutating func finishEpoch(_ work: FittingWork) throws {
        let loss = lossSum / Double(pictures.count)
        guard loss.isFinite else {
            throw ModelError(
                "fine-tuning went astray in epoch \(epoch + 1): the mean distance is \(loss); lower --learning-rate")
        }
        let outcome = try validation.outcome(
            backbone.with(step.parameters), levels: levels, workers: work.workers)
        history.epochs.append(
            TrainingHistory.Epoch(
                loss: loss, heldOutLoss: nil, learningRate: Double(options.learningRate), validation: outcome))
        if outcome.mean > highest {
            (highest, best, history.bestEpoch) = (outcome.mean, step.parameters, epoch)
        } else {
            history.stoppedEarly = options.patience > 0 && epoch - history.bestEpoch >= options.patience
        }
        (epoch, update, lossSum) = (epoch + 1, 0, 0)
    }

    private func report(_ work: FittingWork) {
        let seen = min(update * options.batchSize, pictures.count)
        let last = history.epochs.last?.validation?.mean ?? before.mean
        work.progress?(
            epoch * updatesPerEpoch + update, options.epochs * updatesPerEpoch,
            "fine-tuning: epoch \(epoch + 1)/\(options.epochs), "
                + String(format: "distance %.4g, validation AUROC %.4f", lossSum / Double(seen), last))
    }

    // MARK: Checkpoints

    private func save(_ work: FittingWork) throws {
        guard let checkpoint = work.checkpoint else { return }
        var tensors = step.state.tensors
        for (index, tensor) in (best?.values ?? []).enumerated() {
            tensors["best.\(index)"] = StoredTensor(floats: tensor.values, shape: tensor.shape.dimensions)
        }
        let metadata = [
            "identity": identity, "epoch": String(epoch), "update": String(update),
            // Bit patterns: decimal digits would lose some.
            "loss_sum": String(lossSum.bitPattern), "highest": String(highest.bitPattern),
            "history": String(decoding: try JSONEncoder().encode(history), as: UTF8.self),
        ]
        try checkpoint.save(try WeightFile(tensors: tensors, metadata: metadata).encodedAsSafetensors())
    }

    /// Goes on where the checkpoint was made, when it is one of this very fine-tuning; else begins anew.
    private mutating func resume(from data: Data) {
        guard let file = try? WeightFile.parse(data, name: "checkpoint"), file.metadata["identity"] == identity,
            let epoch = file.metadata["epoch"].flatMap(Int.init),
            let update = file.metadata["update"].flatMap(Int.init),
            let lossSum = file.metadata["loss_sum"].flatMap(UInt64.init),
            let highest = file.metadata["highest"].flatMap(UInt64.init), let text = file.metadata["history"],
            let history = try? JSONDecoder().decode(TrainingHistory.self, from: Data(text.utf8)),
            let state = try? TrainingState(file.tensors, like: step.state)
        else { return }
        var best: NetworkParameters? = step.parameters
        for index in step.parameters.values.indices {
            guard let tensor = file.tensors["best.\(index)"],
                tensor.shape == step.parameters.values[index].shape.dimensions
            else {
                best = nil
                break
            }
            best?.values[index].values = tensor.floats()
        }
        guard history.bestEpoch < 0 || best != nil else { return }
        (self.epoch, self.update, self.history, self.best) = (epoch, update, history, best)
        (self.lossSum, self.highest) = (Double(bitPattern: lossSum), Double(bitPattern: highest))
        step.state = state
    }
}
