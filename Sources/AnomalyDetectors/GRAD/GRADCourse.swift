import CKernels
import Foundation
import InspectionDomain
import NeuralNets
import TensorCore

/// The course of one fit: epochs of steps over cached features, judged by the loss of pictures kept apart, saved now and
/// then so that it can go on after an interruption.
struct GRADCourse {
    private let options: GRADOptions
    private let network: GRADNetwork
    private let features: GRADFeatures
    private let fitting, keptApart: [Int]
    private let epochs: Int
    /// Changes with anything that the outcome depends on: a checkpoint of another fit is not gone on with.
    private let identity: String
    private var training: GRADTraining

    private(set) var history = TrainingHistory()
    /// The parameters of the best epoch.
    private(set) var best: [String: StoredTensor] = [:]
    private var lowest = Double.infinity
    /// The next step: its epoch, and its place in there.
    private var epoch = 0, step = 0
    /// Of the epoch's steps so far.
    private var lossSum = 0.0

    init(
        network: GRADNetwork, options: GRADOptions, features: GRADFeatures, split: (fitting: [Int], keptApart: [Int])
    ) throws {
        (self.network, self.options, self.features) = (network, options, features)
        (fitting, keptApart) = split
        epochs = options.epochs(pictures: fitting.count)
        training = try GRADTraining(
            network: network, parameters: InitialParameters(seed: options.seed),
            rates: GRADTraining.Rates(
                networks: options.learningRate, grids: options.gridLearningRate, weightDecay: options.weightDecay,
                clipNorm: options.clipNorm))
        history.fitting = fitting.count
        history.heldOut = keptApart.count
        history.cache = features.cache.storage.rawValue
        // The workers' number changes the order of sums, and so the bits.
        identity = "1 \(options) \(network) \(features.digest) \(fitting) \(keptApart)"
    }

    private var stepsPerEpoch: Int { (fitting.count + options.batchSize - 1) / options.batchSize }

    mutating func run(_ work: FittingWork) throws {
        if let data = try work.checkpoint?.load() { try resume(from: data) }
        var saved = Date()
        var frames = [Float](repeating: 0, count: 0)
        while epoch < epochs, !history.stoppedEarly {
            let order = order(of: epoch)
            while step < stepsPerEpoch {
                let batch = Array(order[step * options.batchSize..<min(order.count, (step + 1) * options.batchSize)])
                try load(batch, into: &frames)
                let shape = Shape([batch.count, network.height, network.width, network.channels])
                let loss = training.step(
                    Tensor(shape: shape, values: frames), jitter: jitter(batch.count), rateFactor: rateFactor)
                lossSum += Double(loss) * Double(batch.count)
                step += 1
                report(work)
                if step < stepsPerEpoch, let checkpoint = work.checkpoint,
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
        if best.isEmpty { best = training.stored() }
    }

    // MARK: What an epoch is made of

    private func order(of epoch: Int) -> [Int] {
        var generator = SplitMix64(seed: options.seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(epoch) &+ 1)
        return fitting.shuffled(using: &generator)
    }

    /// Noise on the local coordinates in half of the steps (section 3.2): nil in the other half.
    private func jitter(_ frames: Int) -> Tensor? {
        let place = UInt64(epoch) << 32 | UInt64(step)
        var generator = SplitMix64(seed: (options.seed ^ 0x6a09_e667_f3bc_c908) &+ place &* 0xbf58_476d_1ce4_e5b9)
        guard options.jitter > 0, Bool.random(using: &generator) else { return nil }
        let shape: Shape = [frames, network.height, network.width, 2]
        let noise = Initializer.normal(deviation: options.jitter)
        return Tensor(shape: shape, values: noise.values(shape.dimensions, using: &generator))
    }

    /// What the learning rates are multiplied by.
    private var rateFactor: Float { Double(epoch) < options.decayAt * Double(epochs) ? 1 : 0.1 }

    private func load(_ frames: [Int], into out: inout [Float]) throws {
        let count = features.cache.floatsPerFrame
        if out.count != frames.count * count { out = [Float](repeating: 0, count: frames.count * count) }
        try out.withUnsafeMutableBufferPointer { out in
            guard let base = out.baseAddress else { return }
            for (index, frame) in frames.enumerated() { try features.cache.load(frame, into: base + index * count) }
        }
    }

    private mutating func finishEpoch(_ work: FittingWork) throws {
        let loss = lossSum / Double(fitting.count)
        guard loss.isFinite else {
            throw ModelError(
                "training went astray in epoch \(epoch + 1): the loss is \(loss); are there pictures without any content?"
            )
        }
        let parameters = training.stored()
        let heldOut = keptApart.isEmpty ? nil : try self.loss(parameters, work)
        history.epochs.append(
            TrainingHistory.Epoch(
                loss: loss, heldOutLoss: heldOut, learningRate: Double(options.learningRate * rateFactor)))
        // Without pictures to judge by, the last epoch is the one.
        if let heldOut, heldOut >= lowest {
            history.stoppedEarly = epoch - history.bestEpoch >= options.patience(epochs: epochs)
        } else {
            lowest = heldOut ?? lowest
            best = parameters
            history.bestEpoch = epoch
        }
        (epoch, step, lossSum) = (epoch + 1, 0, 0)
    }

    /// The mean loss of the pictures kept apart, as inference will compute them.
    private func loss(_ parameters: [String: StoredTensor], _ work: FittingWork) throws -> Double {
        let graph = try network.graph(StoredParameters(parameters, file: "training"))
        guard let output = graph.node(named: GRADNetwork.output) else { return .infinity }
        let plan = try InferencePlan(
            graph: graph, height: network.height, width: network.width, outputs: [output], threads: work.workers)
        var sum = 0.0, frame = [Float](repeating: 0, count: 0)
        for index in keptApart {
            try load([index], into: &frame)
            _ = plan.input.update(fromContentsOf: frame)
            plan.run()
            sum += ck_refined_squares(
                frame, plan.outputs[0].values.baseAddress, network.height * network.width, Int32(network.channels),
                GRADModel.refinement, 1, nil)
        }
        return sum / Double(keptApart.count * features.cache.floatsPerFrame)
    }

    private func report(_ work: FittingWork) {
        let seen = min(step * options.batchSize, fitting.count)
        work.progress?(
            epoch * stepsPerEpoch + step, epochs * stepsPerEpoch,
            "training: epoch \(epoch + 1)/\(epochs), "
                + String(format: "loss %.4g, rate %.2g", lossSum / Double(seen), options.learningRate * rateFactor))
    }

    // MARK: Checkpoints

    private func save(_ work: FittingWork) throws {
        guard let checkpoint = work.checkpoint else { return }
        var tensors = training.state()
        for (name, tensor) in best { tensors["best.\(name)"] = tensor }
        let metadata = [
            "identity": identity, "epoch": String(epoch), "step": String(step),
            // Bit patterns: decimal digits would lose some.
            "loss_sum": String(lossSum.bitPattern), "lowest": String(lowest.bitPattern),
            "history": String(decoding: try JSONEncoder().encode(history), as: UTF8.self),
        ]
        try checkpoint.save(try WeightFile(tensors: tensors, metadata: metadata).encodedAsSafetensors())
    }

    /// Goes on where the checkpoint was made, when it is one of this very fit; else begins anew.
    private mutating func resume(from data: Data) throws {
        guard let file = try? WeightFile.parse(data, name: "checkpoint"), file.metadata["identity"] == identity,
            let epoch = file.metadata["epoch"].flatMap(Int.init), let step = file.metadata["step"].flatMap(Int.init),
            let lossSum = file.metadata["loss_sum"].flatMap(UInt64.init),
            let lowest = file.metadata["lowest"].flatMap(UInt64.init), let text = file.metadata["history"],
            let history = try? JSONDecoder().decode(TrainingHistory.self, from: Data(text.utf8)),
            (try? training.restore(file.tensors)) != nil
        else { return }
        (self.epoch, self.step, self.history) = (epoch, step, history)
        (self.lossSum, self.lowest) = (Double(bitPattern: lossSum), Double(bitPattern: lowest))
        best = [:]
        for (name, tensor) in file.tensors where name.hasPrefix("best.") {
            best[String(name.dropFirst("best.".count))] = tensor
        }
    }
}
