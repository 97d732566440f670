import DetectionCore
import DetectionMethods
import Foundation
import Imaging
import NeuralNets
import Synchronization
import TestSupport
import Testing

/// The methods with networks of their own as a product: reproducible, interruptible, stored and read back.
@Suite struct NetworkMethodsFittingTests {
    struct Subject: CustomStringConvertible, Sendable {
        let description: String
        /// The method for a bench folder with the products `plate` and `cloth`.
        let method: @Sendable (URL) -> any FittableMethod
    }

    static let subjects: [Subject] = [
        Subject(description: "gradcon") { _ in
            var options = GradConOptions()
            (options.inputWidth, options.inputHeight, options.epochs, options.batchSize) = (32, 16, 2, 16)
            return options
        },
        Subject(description: "ganomaly") { _ in
            var options = GANomalyOptions()
            options.network = GANomalyNetwork(side: 32, latent: 6, width: 8)
            (options.epochs, options.batchSize) = (2, 16)
            return options
        },
        odin("densenet", .denseNet(depth: 10, growth: 4)), odin("wide-resnet", .wideResNet(depth: 10, width: 1)),
        odin("linear", .linear(levels: ["blocks.0.0", "blocks.1.1"])),
    ]

    private static func odin(_ name: String, _ classifier: ODINClassifier) -> Subject {
        Subject(description: "odin \(name)") { folder in
            var options = ODINOptions()
            options.products = ["plate", "cloth"].map {
                Product(name: $0, folder: folder.appendingPathComponent($0).path)
            }
            (options.inputWidth, options.inputHeight, options.classifier) = (32, 32, classifier)
            (options.epochs, options.batchSize) = (2, 16)
            return options
        }
    }

    private struct Bench {
        let folder: URL
        let backbone: Backbone

        init(_ folder: URL) throws {
            self.folder = folder
            for (seed, name) in ["plate", "cloth"].enumerated() {
                var parts = DrawnParts(seed: UInt64(seed))
                (parts.side, parts.hasShape) = (40, name == "plate")
                try write((0..<24).flatMap { _ in parts.part(exposures: 1) }, to: folder.appendingPathComponent(name))
            }
            let tensors = try BackboneFixture.tensors(.mobilenetV1, source: FormulaWeights())
            backbone = try Backbone(
                file: WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors)), name: "noise",
                architecture: .mobilenetV1)
        }

        var frames: FrameSource {
            get throws {
                try FrameSource(folders: ["plate", "cloth"].map { folder.appendingPathComponent($0).path })
            }
        }

        func fit(_ subject: Subject, seed: UInt64 = 0, checkpoint: CheckpointStore? = nil) throws -> FittedDetector {
            var method = subject.method(folder)
            method.seed = seed
            return try method.fit(
                try frames, backbone: backbone, work: FittingWork(workers: 2, checkpoint: checkpoint))
        }
    }

    private func bytes(_ fitted: FittedDetector) throws -> Data { try ModelFile(fitted: fitted.model).encoded() }

    @Test(arguments: subjects)
    func the_same_seed_gives_the_same_model_and_it_comes_back_from_its_file(_ subject: Subject) throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            let once = try bench.fit(subject), data = try bytes(once)
            #expect(try bytes(try bench.fit(subject)) == data)
            #expect(try bytes(try bench.fit(subject, seed: 1)) != data)
            let history = try #require(once.history)
            #expect(history.epochs.count == 2 && history.epochs.allSatisfy { $0.loss.isFinite })
            let back = try ModelFile.decode(data, name: "model")
            #expect(back.model.method == once.model.method && back.model.backboneName == once.model.backboneName)
            #expect(try back.encoded() == data)
            let frame = try bench.frames.frame(0)
            let (a, b) = (
                try once.model.makeDetector(threads: 1).detect(frame),
                try back.model.makeDetector(threads: 1).detect(frame)
            )
            #expect(a.imageScore == b.imageScore && a.map == b.map && a.product == b.product)
            #expect(a.map.width == once.model.inputWidth && a.map.height == once.model.inputHeight)
            #expect((a.product != nil) == (once.model.method == .odin))
        }
    }

    @Test(arguments: subjects)
    func an_interrupted_fit_resumes_and_gives_the_same_model(_ subject: Subject) throws {
        struct Killed: Error {}
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            let want = try bytes(try bench.fit(subject))
            for limit in [1, 3] {
                let kept = Mutex<Data?>(nil), saves = Mutex(0)
                func store(failingAfter limit: Int) -> CheckpointStore {
                    var store = CheckpointStore(
                        load: { kept.withLock { $0 } },
                        save: { data in
                            let count = saves.withLock { count in
                                count += 1
                                return count
                            }
                            if count <= limit { kept.withLock { $0 = data } } else { throw Killed() }
                        }, discard: {})
                    store.interval = 0
                    return store
                }
                #expect(throws: Killed.self) { try bench.fit(subject, checkpoint: store(failingAfter: limit)) }
                #expect(kept.withLock { $0 } != nil)
                #expect(try bytes(try bench.fit(subject, checkpoint: store(failingAfter: .max))) == want)
            }
        }
    }

    @Test(arguments: subjects)
    func a_damaged_model_is_refused_with_the_missing_part(_ subject: Subject) throws {
        try withTemporaryFolder { folder in
            let file = try WeightFile.parse(try bytes(try Bench(folder).fit(subject)), name: "model")
            for name in file.tensors.keys.filter({ !$0.hasPrefix("backbone.") }).sorted().prefix(3) {
                var broken = file
                broken.tensors[name] = nil
                let data = try broken.encodedAsSafetensors()
                let short = name.split(separator: ".", maxSplits: 1)[1]
                #expect {
                    try ModelFile.decode(data, name: "broken")
                } throws: {
                    "\($0)".contains(short)
                }
            }
            for key in file.metadata.keys where !["backbone", "self_test_score"].contains(key) {
                guard !key.hasPrefix("backbone.") else { continue }
                var broken = file
                broken.metadata[key] = "nonsense"
                let data = try broken.encodedAsSafetensors()
                #expect(throws: (any Error).self, "\(key)") { try ModelFile.decode(data, name: "broken") }
            }
        }
    }

    /// The scores of a gate at a temperature of 1000 differ in the fourth digit only: that is where it must look.
    @Test(arguments: subjects)
    func a_weight_that_is_slightly_wrong_is_noticed_by_the_self_test(_ subject: Subject) throws {
        try withTemporaryFolder { folder in
            let file = try WeightFile.parse(try bytes(try Bench(folder).fit(subject)), name: "model")
            func verify(_ file: WeightFile) throws {
                try ModelFile.decode(try file.encodedAsSafetensors(), name: "model").verifySelfTest(name: "model")
            }
            try verify(file)
            let layers = ["gradcon.up.6.weight", "generator.encoder1.main.final", "classifier.fc.weight"]
            let (name, weights) = try #require(
                file.tensors.first { tensor in layers.contains { tensor.key.hasPrefix($0) } })
            var wrong = file
            wrong.tensors[name] = StoredTensor(floats: weights.floats().map { 1.1 * $0 }, shape: weights.shape)
            #expect(throws: ModelError.self, "\(name)") { try verify(wrong) }
            var nearly = file
            nearly.tensors[name] = StoredTensor(floats: weights.floats().map { 1.000_001 * $0 }, shape: weights.shape)
            try verify(nearly)
        }
    }

    @Test func a_gate_tells_its_products_and_doubts_noise() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            var options = try #require(
                Self.odin("linear", .linear(levels: ["blocks.0.0", "blocks.1.1"])).method(folder) as? ODINOptions)
            options.epochs = 40
            let fitted = try options.fit(try bench.frames, backbone: bench.backbone, work: FittingWork(workers: 2))
            let summary = try #require(try fitted.history?.sections.section(ODINSummary.self))
            #expect(summary.accuracy == 1)
            #expect(summary.trials.count == ODINOptions.epsilons.count)
            let best = summary.trials.map(\.mean).max() ?? 0
            #expect(summary.trials.first { $0.mean == best }?.epsilon == summary.epsilon)
            let detector = try fitted.model.makeDetector(threads: 1)
            for (name, shape) in [("plate", true), ("cloth", false)] {
                var parts = DrawnParts(seed: 77)
                (parts.side, parts.hasShape) = (40, shape)
                let product = try #require(try detector.detect(parts.part(exposures: 1)[0]).product)
                #expect(product.name == name && product.confidence > 0.5 && product.confidence <= 1)
            }
        }
    }

    @Test func of_three_products_each_in_turn_plays_the_unknown_one() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder), noise = folder.appendingPathComponent("noise")
            try write((0..<24).map { NoiseImages.uniform.frame($0, width: 40, height: 40) }, to: noise)
            var options = try #require(
                Self.odin("linear", .linear(levels: ["blocks.0.0", "blocks.1.1"])).method(folder) as? ODINOptions)
            options.products.append(Product(name: "noise", folder: noise.path))
            options.epochs = 40
            let frames = try FrameSource(folders: options.products.map(\.folder))
            let fitted = try options.fit(frames, backbone: bench.backbone, work: FittingWork(workers: 2))
            let summary = try #require(try fitted.history?.sections.section(ODINSummary.self))
            #expect(summary.accuracy == 1)
            for trial in summary.trials {
                #expect(trial.auroc.keys.sorted() == ["without cloth", "without noise", "without plate"])
            }
            // No training image resembles noise.
            #expect(try #require(summary.trials.first?.auroc["without noise"]) > 0.5)
        }
    }

    @Test func a_gate_needs_two_products_and_images_of_each() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            var options = ODINOptions()
            options.products = [Product(name: "plate", folder: folder.appendingPathComponent("plate").path)]
            func refusal() -> String? {
                #expect(throws: ModelError.self) {
                    try options.fit(try bench.frames, backbone: bench.backbone, work: FittingWork(workers: 1))
                }?.message
            }
            #expect(refusal()?.contains("at least two products") == true)
            options.products.append(Product(name: "other", folder: folder.path + "/other"))
            #expect(refusal()?.contains("is in no product's folder") == true)
        }
    }

    @Test func the_table_s_measures_agree_with_counting() {
        let known = [0.1, 0.2, 0.3, 0.4, 0.9], unknown = [0.35, 0.5, 0.6, 0.95]
        let measures = ODINEvaluation.Measures(known: known, unknown: unknown)
        // 95 % of five known images are all of them: the limit is 0.9, and three of four unknown ones are below.
        #expect(measures.fpr95 == 0.75)
        // Best between 0.3 and 0.35: two known above, no unknown below.
        #expect(abs((measures.detectionError ?? 1) - 0.4 / 2) < 1e-12)
        // The unknown score is higher in 3 + 4 + 4 + 5 of 20 pairs.
        #expect(abs((measures.auroc ?? 0) - 16.0 / 20) < 1e-12)
    }
}
