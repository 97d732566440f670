import DetectionCore
import DetectionMethods
import Foundation
import Imaging
import NeuralNets
import Synchronization
import TestSupport
import Testing

/// GRAD's fit: reproducible, resumable and effective.
@Suite struct GRADFittingTests {
    /// Images of parts on disk, and a small random backbone.
    private struct Bench {
        let folder: URL
        let backbone: Backbone

        init(_ folder: URL, parts: Int = 10, seed: UInt64 = 3) throws {
            self.folder = folder
            var drawn = DrawnParts(seed: seed)
            for part in 0..<parts {
                let frame = try #require(drawn.part(exposures: 1).first)
                try frame.encodedPNG(compression: .fast).write(to: folder.appendingPathComponent("\(part).png"))
            }
            let tensors = Dictionary(uniqueKeysWithValues: try BackboneFixture.smallB0.get())
            backbone = try Backbone(file: WeightFile(tensors: tensors), name: "b0")
        }

        static var options: GRADOptions {
            var options = GRADOptions()
            (options.inputWidth, options.inputHeight) = (64, 32)
            (options.epochs, options.batchSize, options.patience, options.variants) = (2, 4, 0, 1)
            return options
        }

        func fit(
            _ options: GRADOptions = options, checkpoint: CheckpointStore? = nil,
            remark: (@Sendable (String) -> Void)? = nil
        ) throws -> FittedDetector {
            try options.fit(
                try FrameSource(folders: [folder.path]), backbone: backbone,
                work: FittingWork(workers: 2, checkpoint: checkpoint, remark: remark))
        }
    }

    private func bytes(_ fitted: FittedDetector) throws -> Data { try ModelFile(fitted: fitted.model).encoded() }

    @Test func the_same_seed_gives_the_same_model_and_another_seed_another() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            let once = try bytes(try bench.fit()), again = try bytes(try bench.fit())
            #expect(once == again)
            var options = Bench.options
            options.seed = 1
            #expect(try bytes(try bench.fit(options)) != once)
        }
    }

    /// Dies at the save with this number, as a kill would leave things: the saves before it are there.
    private func interrupted(after saves: Int) -> (store: CheckpointStore, latest: @Sendable () -> Data?) {
        let state = Mutex<(data: Data?, count: Int)>((nil, 0))
        let shared = Shared(state)
        let store = CheckpointStore(
            load: { shared.value.withLock { $0.data } },
            save: { data in
                let count = shared.value.withLock { state in
                    state.count += 1
                    if state.count <= saves { state.data = data }
                    return state.count
                }
                if count > saves { throw Killed() }
            }, discard: {})
        return (store, { shared.value.withLock { $0.data } })
    }

    private struct Killed: Error {}

    private final class Shared: Sendable {
        let value: Mutex<(data: Data?, count: Int)>
        init(_ value: consuming sending Mutex<(data: Data?, count: Int)>) { self.value = value }
    }

    @Test(arguments: [1, 2, 4])
    func an_interrupted_fit_resumes_and_gives_the_same_model(_ saves: Int) throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            let want = try bytes(try bench.fit())
            var (store, latest) = interrupted(after: saves)
            // After every step, so that fits die in the middle of epochs too.
            store.interval = 0
            #expect(throws: Killed.self) { try bench.fit(checkpoint: store) }
            let data = try #require(latest())
            let resumed = CheckpointStore(load: { data }, save: { _ in }, discard: {})
            let fitted = try bench.fit(checkpoint: resumed)
            #expect(try bytes(fitted) == want)
            #expect(fitted.history?.epochs.count == 2)
        }
    }

    @Test func a_checkpoint_of_another_fit_is_not_resumed() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            let (store, latest) = interrupted(after: 1)
            #expect(throws: Killed.self) { try bench.fit(checkpoint: store) }
            let data = try #require(latest())
            var options = Bench.options
            options.seed = 5
            let want = try bytes(try bench.fit(options))
            for (content, why) in [
                (data, "belongs to other images, settings"), (data.prefix(data.count / 2), "is damaged"),
            ] {
                let remarks = Mutex<[String]>([])
                let store = CheckpointStore(load: { content }, save: { _ in }, discard: {})
                let fitted = try bench.fit(options, checkpoint: store) { text in remarks.withLock { $0.append(text) } }
                #expect(try bytes(fitted) == want)
                #expect(remarks.withLock { $0.count == 1 && $0[0].contains(why) && $0[0].contains("starting again") })
            }
        }
    }

    @Test func features_in_sixteen_bits_or_on_disk_train_almost_as_well() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            let whole = try #require(try bench.fit().history)
            #expect(whole.cache == "32-bit in memory")
            for (budget, cache) in [(100_000, "16-bit in memory"), (0, "16-bit on disk")] {
                var options = Bench.options
                options.memoryBudget = budget + options.stepBytes(channels: 152, positions: 8 * 4)
                let half = try #require(try bench.fit(options).history)
                #expect(half.cache == cache)
                for (a, b) in zip(whole.epochs, half.epochs) { #expect(abs(a.loss - b.loss) <= 0.02 * a.loss) }
            }
        }
    }

    @Test func a_step_that_would_pass_the_budget_keeps_less_and_gives_the_same_model() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            var options = Bench.options
            let keepsAll = options.stepBytes(channels: 152, positions: 8 * 4)
            let keepsLittle = options.stepBytes(channels: 152, positions: 8 * 4, recomputes: true)
            #expect(2 * keepsLittle < keepsAll)
            let want = try bytes(try bench.fit(options))
            for (budget, remark) in [
                (keepsAll, nil), (keepsAll - 1, "takes about a third longer"),
                (keepsLittle - 1, "exceeds the memory budget"),
            ] {
                options.memoryBudget = budget
                let remarks = Mutex<[String]>([])
                let fitted = try bench.fit(options) { text in remarks.withLock { $0.append(text) } }
                let said = remarks.withLock { $0 }
                #expect(remark.map { said.count == 1 && said[0].contains($0) } ?? said.isEmpty, "\(said)")
                // On disk features have 16 bits, and the model is another.
                if fitted.history?.cache == "32-bit in memory" { #expect(try bytes(fitted) == want) }
                #expect((fitted.history?.cache == "32-bit in memory") == (budget == keepsAll - 1))
            }
        }
    }

    @Test func training_ends_when_images_kept_apart_no_longer_gain() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder, parts: 40)
            var options = Bench.options
            (options.epochs, options.patience, options.batchSize) = (60, 1, 40)
            // So wild a rate that the loss soon rises again.
            options.learningRate = 1
            let history = try #require(try bench.fit(options).history)
            #expect(history.stoppedEarly)
            #expect(history.epochs.count < 60)
            #expect(history.heldOut > 0 && history.fitting + history.heldOut == 40)
            let losses = history.epochs.compactMap(\.heldOutLoss)
            #expect(losses.count == history.epochs.count)
            #expect(losses[history.bestEpoch] == losses.min())
        }
    }

    /// A tenth would be 40, with rare flawless parts among them.
    @Test func about_two_dozen_of_many_images_at_most_are_kept_apart() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder, parts: 400)
            var options = Bench.options
            (options.epochs, options.batchSize, options.patience) = (1, 64, nil)
            let history = try #require(try bench.fit(options).history)
            // Groups of near-duplicates are not cut: the last may pass the number.
            #expect(history.heldOut >= 24 && history.heldOut <= 32, "\(history.heldOut)")
            #expect(history.fitting + history.heldOut == 400)
        }
    }

    /// Few images are soon known by heart, and nothing but others would show it.
    @Test(arguments: [(11, 0), (12, 4), (20, 4)])
    func some_of_few_images_are_kept_apart_too(parts: Int, keptApart: Int) throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder, parts: parts)
            var options = Bench.options
            (options.epochs, options.patience) = (1, nil)
            let history = try #require(try bench.fit(options).history)
            #expect(history.heldOut == keptApart && history.fitting == parts - keptApart)
        }
    }

    /// The next frame of a part lies a little elsewhere, under a little more or less light.
    @Test func few_images_are_also_learnt_moved_and_brightened() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder, parts: 12)
            let frames = try FrameSource(folders: [folder.path])
            /// The excess of the scores of moved images over those of the fitting images.
            func strangeness(_ variants: Int?) throws -> (ratio: Double, history: TrainingHistory) {
                var options = Bench.options
                (options.epochs, options.batchSize, options.variants) = (nil, 16, variants)
                options.standardization = .none
                let fitted = try bench.fit(options)
                let detector = try fitted.model.makeDetector(threads: 1)
                var sums = (plain: 0.0, moved: 0.0)
                for index in 0..<frames.count {
                    let frame = try frames.frame(index)
                    sums.plain += try detector.detect(frame).imageScore
                    sums.moved += try detector.detect(moved(frame)).imageScore
                }
                return (sums.moved / sums.plain, try #require(fitted.history))
            }
            let once = try strangeness(1), often = try strangeness(nil)
            // Twelve images are seen five times an epoch, so that none is seen more than a hundred times.
            #expect((once.history.epochs.count, often.history.epochs.count) == (100, 20))
            #expect((once.history.fitting, often.history.fitting) == (12, 12))
            #expect(often.ratio < once.ratio, "\(often.ratio) against \(once.ratio)")
        }
    }

    /// The frame one of its network's pixels further right, and a little darker.
    private func moved(_ frame: Frame) -> Frame {
        let (width, height) = (frame.width, frame.height), step = width / 64 * frame.channels
        guard case .eight(let pixels) = frame.samples else { return frame }
        let row = width * frame.channels
        let moved = (0..<height * row).map { index -> UInt8 in
            let first = index / row * row + index % frame.channels
            return UInt8(Double(pixels[max(first, index - step)]) * 0.95)
        }
        return Frame(width: width, height: height, channels: frame.channels, samples: .eight(moved))
    }

    @Test func a_fitted_model_comes_back_from_its_file() throws {
        try withTemporaryFolder { folder in
            let fitted = try Bench(folder, parts: 4).fit()
            let data = try bytes(fitted)
            let back = try ModelFile.decode(data, name: "model")
            try back.verifySelfTest(name: "model")
            #expect(back.model.method == .grad)
            #expect(try back.encoded() == data)
        }
    }

    @Test func wide_taps_are_projected_and_the_projection_is_stored() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder, parts: 6)
            let tensors = try BackboneFixture.tensors(.mobilenetV1)
            let backbone = try Backbone(
                file: WeightFile(tensors: Dictionary(uniqueKeysWithValues: tensors)), name: "v1")
            var options = Bench.options
            (options.inputWidth, options.inputHeight, options.epochs) = (32, 32, 1)
            options.whitening = 0
            let fitted = try options.fit(
                try FrameSource(folders: [bench.folder.path]), backbone: backbone, work: FittingWork(workers: 2))
            let model = try #require(fitted.model as? GRADModel)
            #expect(model.network.channels == GRADOptions.projectedChannels)
            let matrix = try #require(try model.encoded().tensors["projection.matrix"])
            #expect(matrix.shape == [768, 216])
            // Principal components: orthonormal columns.
            let values = matrix.doubles()
            for (a, b, want) in [(0, 0, 1.0), (7, 7, 1), (215, 215, 1), (0, 1, 0), (3, 200, 0)] {
                let product = (0..<768).reduce(0.0) { $0 + values[$1 * 216 + a] * values[$1 * 216 + b] }
                #expect(abs(product - want) < 1e-4)
            }
            try ModelFile.decode(try bytes(fitted), name: "model").verifySelfTest(name: "model")
        }
    }

    @Test func whitening_raises_components_that_hardly_vary() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            var options = Bench.options
            options.epochs = 1
            func scales(_ whitening: Double) throws -> [Double] {
                options.whitening = whitening
                let contents = try #require(try bench.fit(options).model as? GRADModel).encoded()
                let matrix = try #require(contents.tensors["projection.matrix"])
                let (rows, columns) = (matrix.shape[0], matrix.shape[1]), values = matrix.doubles()
                return (0..<columns).map { column in
                    (0..<rows).reduce(0.0) { $0 + values[$1 * columns + column] * values[$1 * columns + column] }
                        .squareRoot()
                }
            }
            let (half, whole) = (try scales(0.5), try scales(1))
            #expect(half.count == 152 && whole.count == 152)
            for scales in [half, whole] { #expect(zip(scales, scales.dropFirst()).allSatisfy { $0 <= $1 * 1.0001 }) }
            // A component's scale is its variance to the power of minus half the whitening.
            #expect(abs(pow(half[60] / half[0], 2) - whole[60] / whole[0]) <= 1e-3 * whole[60] / whole[0])
        }
    }

    @Test func models_of_earlier_versions_score_as_they_did() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder, parts: 4)
            var options = Bench.options
            options.evidence = .local
            var file = try WeightFile.parse(try bytes(try bench.fit(options)), name: "model")
            let source = try FrameSource(folders: [folder.path])
            let frames = try (0..<source.count).map { try source.frame($0) }
            func detectAll() throws -> [Detection] {
                let stored = try ModelFile.decode(try file.encodedAsSafetensors(), name: "model")
                try stored.verifySelfTest(name: "model")
                let detector = try stored.model.makeDetector(threads: 1)
                return try frames.map { try detector.detect($0) }
            }
            let all = try detectAll()
            let flawless = try #require(file.tensors["signs"]).floats()
            file.tensors["signs"] = nil
            // For the self-test frame, the peak is the larger of both measures.
            let selfTest = try #require(file.metadata["self_test_score"].flatMap(Double.init))
            file.metadata["self_test_score"] = String(selfTest * Double(flawless[0]))
            let peaks = try detectAll()
            // So it is for some of these frames; for the others the score is higher.
            let ratios = zip(all, peaks).map { $0.imageScore * Double(flawless[0]) / $1.imageScore }
            #expect(ratios.allSatisfy { $0 > 1 - 1e-4 } && zip(all, peaks).allSatisfy { $0.map == $1.map })
            let index = try #require(ratios.firstIndex { abs($0 - 1) < 1e-4 }), peak = peaks[index]
            func detect() throws -> Detection { try detectAll()[index] }
            // These average distances in the wide square, not differences, and say what flawless ones' mean is.
            let small = try #require(file.tensors["scales"]).floats()[0]
            for name in ["wide.means", "wide.deviations"] { file.tensors[name] = nil }
            file.metadata["level_share"] = "0"
            func map(wideMean: Float) throws -> AnomalyMap {
                file.tensors["scales"] = StoredTensor(floats: [small, wideMean, 0.5], shape: [3])
                return try detect().map
            }
            let (never, zero, always) = (try map(wideMean: 1e6), try map(wideMean: 0), try map(wideMean: -100))
            file.tensors["scales"] = StoredTensor(floats: [small], shape: [1])
            #expect(try detect().map == never)
            for (low, high) in zip(zero.values, always.values) {
                // No standardised distance counts for more than its limit of deviations.
                #expect(high > 190 && high < 208 && low >= high - 200.01)
            }
            for name in ["means", "scales"] { file.tensors[name] = nil }
            for key in ["wide_smoothing", "wide_limit", "level_share"] { file.metadata[key] = nil }
            let first = try detect()
            #expect(first.imageScore == Double(first.map.maximum))
            #expect(abs(first.imageScore - peak.imageScore) < 1e-3 * peak.imageScore)
            #expect(first.map != peak.map)
        }
    }

    @Test func a_damaged_model_is_refused_with_the_missing_part() throws {
        try withTemporaryFolder { folder in
            let file = try WeightFile.parse(try bytes(try Bench(folder, parts: 4).fit()), name: "model")
            for name in ["grad.coord.0.weight", "grad.query.1", "backbone.features.0.0.weight"] {
                var broken = file
                broken.tensors[name] = nil
                let data = try broken.encodedAsSafetensors()
                #expect {
                    try ModelFile.decode(data, name: "broken")
                } throws: {
                    "\($0)".contains(name.split(separator: ".", maxSplits: 1)[1])
                }
            }
            var flat = file
            flat.tensors["deviations"] = StoredTensor(floats: Array(repeating: 0, count: 32), shape: [4, 8])
            let data = try flat.encodedAsSafetensors()
            #expect { try ModelFile.decode(data, name: "flat") } throws: { "\($0)".contains("deviations") }
            var unscaled = file
            unscaled.tensors["scales"] = StoredTensor(floats: [1, 0, -1], shape: [3])
            let negative = try unscaled.encodedAsSafetensors()
            #expect { try ModelFile.decode(negative, name: "unscaled") } throws: { "\($0)".contains("scales") }
            for name in ["wide.means", "wide.deviations"] {
                var narrow = file
                narrow.tensors[name] = nil
                let data = try narrow.encodedAsSafetensors()
                #expect { try ModelFile.decode(data, name: "narrow") } throws: { "\($0)".contains(name) }
            }
            var still = file
            still.tensors["wide.deviations"] = StoredTensor(floats: Array(repeating: 0, count: 32), shape: [4, 8])
            let unmoved = try still.encodedAsSafetensors()
            #expect { try ModelFile.decode(unmoved, name: "still") } throws: { "\($0)".contains("wide.deviations") }
            var unsigned = file
            unsigned.tensors["signs"] = StoredTensor(floats: [1, 0], shape: [2])
            let spreadless = try unsigned.encodedAsSafetensors()
            #expect { try ModelFile.decode(spreadless, name: "unsigned") } throws: { "\($0)".contains("signs") }
            var level = file
            level.metadata["level_share"] = "nan"
            let unleveled = try level.encodedAsSafetensors()
            #expect { try ModelFile.decode(unleveled, name: "level") } throws: { "\($0)".contains("level_share") }
            for key in ["fusion", "taps", "smoothing", "feature_width"] {
                var broken = file
                broken.metadata[key] = nil
                let data = try broken.encodedAsSafetensors()
                #expect(throws: ModelError.self) { try ModelFile.decode(data, name: "broken") }
            }
        }
    }
}
