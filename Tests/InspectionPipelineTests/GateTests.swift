import DetectionCore
import DetectionMethods
import Foundation
import Imaging
import InspectionDomain
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import NeuralNets
import SeededRandom
import Spooling
import TestSupport
import Testing

/// A line with a gate before its detector: a wrong product is reported as such and not as a defect.
@Suite struct GateTests {
    /// Broad blots instead of stripes: another product.
    private static func blots(_ seed: UInt64) -> Frame {
        var generator = SplitMix64(seed: seed)
        let spots = (0..<12).map { _ in (x: generator.uniform(0, 96), y: generator.uniform(0, 80)) }
        var pixels: [UInt8] = []
        for index in 0..<96 * 80 {
            let (x, y) = (Float(index % 96), Float(index / 96))
            var near: Float = 200
            for spot in spots { near = min(near, (spot.x - x) * (spot.x - x) + (spot.y - y) * (spot.y - y)) }
            let value = UInt8(220 - near)
            pixels += [value / 4, value, value / 2]
        }
        return Frame(width: 96, height: 80, channels: 3, samples: .eight(pixels))
    }

    private static func fitting(_ folder: URL) throws -> ModelFitting {
        var options = ODINOptions()
        options.products = ["stripes", "blots"].map {
            Product(name: $0, folder: folder.appendingPathComponent($0).path)
        }
        (options.inputWidth, options.inputHeight) = (64, 64)
        (options.classifier, options.epochs) = (.linear(levels: []), 40)
        return ModelFitting(backbone: try Backbone.embedded(), method: options, rule: TinyModel.rule, workers: 2)
    }

    /// Fitted on stripes and blots, once.
    private static let fitted = Result {
        try withTemporaryFolder { folder in
            let stripes = try TinyFrames.write(30, from: 100, to: folder.appendingPathComponent("stripes"))
            let other = folder.appendingPathComponent("blots")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
            for seed in 0..<30 {
                try blots(UInt64(seed)).encodedPNG(compression: .fast)
                    .write(to: other.appendingPathComponent("\(100 + seed).png"))
            }
            let fitting = try fitting(folder)
            let products = try [stripes, other.path].map { (frames: try FrameSource(folders: [$0]), source: $0) }
            return try fitting.fit(try fitting.pictures(ofEach: products))
        }
    }

    private func storeGate(_ name: String, in store: ModelStore) throws {
        _ = try Self.fitting(URL(fileURLWithPath: "/")).store(
            try Self.fitted.get(), as: name, sources: ["stripes", "blots"], overridesLine: false, in: store)
    }

    private func withPlant(
        product: String?, _ body: (Plant) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let plant = try Plant(folder, gate: ("products", product))
            try storeGate("products", in: ModelStore(folder: plant.configuration.modelsPath))
            try await body(plant)
        }
    }

    @Test func another_product_is_reported_as_such_and_not_searched_for_defects() async throws {
        try await withPlant(product: "stripes") { plant in
            // Frames that the gate was calibrated on: none is above the largest of their scores.
            let calibrated = try Self.fitted.get().pictures.calibration.paths.compactMap { path -> UInt64? in
                let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
                return name.hasPrefix("part-") ? UInt64(name.dropFirst("part-".count)) : nil
            }
            try #require(!calibrated.isEmpty)
            for part in calibrated { try plant.arrive(RawPath("right-\(part).jpg"), try TinyFrames.jpeg(100 + part)) }
            try plant.arrive(RawPath("wrong.png"), try Self.blots(900).encodedPNG(compression: .fast))
            try await plant.run { try plant.results().count == calibrated.count + 1 && plant.isIdle }
            let results = try plant.results()
            func named(_ prefix: String) -> [Inspection] {
                results.filter { URL(fileURLWithPath: $0.image.path).lastPathComponent.hasPrefix(prefix) }
            }
            let right = named("right-")
            #expect(right.count == calibrated.count && right.allSatisfy { $0.gate?.passed == true })
            for result in right {
                #expect(result.product?.name == "stripes" && result.model?.name == "plate")
                #expect(result.timingMilliseconds.gate != nil)
            }
            #expect(named("wrong").count == 1)
            let wrong = try #require(named("wrong").first), gate = try #require(wrong.gate)
            #expect(!gate.passed && gate.expected == "stripes" && gate.product?.name == "blots")
            #expect(wrong.verdict == .anomalous && wrong.regions.isEmpty)
            // Its score is the gate's, on the gate's own scale.
            #expect(wrong.model == gate.model && wrong.imageScore == gate.imageScore && gate.model.method == "odin")
            let alerts = try plant.files(plant.spool / "alerts").map {
                try DomainJSON.decoder().decode(Alert.self, from: FileSystem().read($0))
            }
            let alert = try #require(alerts.first { $0.id == wrong.resultID })
            #expect(alert.kind == .wrongProduct)
            #expect(alert.message.contains("wrong product: stripes expected") && alert.message.contains("blots"))
            // The recalibration of the line's own model does not learn from it.
            let frames = try History.archivedFrames(
                plant.configuration, line: "plate", since: Date() - 3600, includingAlarms: true)
            #expect(!frames.contains { $0.contains("wrong-") })
        }
    }

    @Test func without_an_expected_product_any_known_one_passes() async throws {
        try await withPlant(product: nil) { plant in
            try plant.arrive(RawPath("other.png"), try Self.blots(901).encodedPNG(compression: .fast))
            try await plant.run { try plant.results().count == 1 && plant.isIdle }
            let result = try #require(try plant.results().first)
            let gate = try #require(result.gate)
            #expect(gate.passed == (gate.imageScore <= gate.imageThreshold))
            #expect(result.product?.name == "blots")
        }
    }

    @Test func an_unsuitable_gate_is_refused_at_the_start() throws {
        try withTemporaryFolder { folder in
            func problems(_ gate: String, _ product: String?) throws -> String {
                let plant = try Plant(folder.appendingPathComponent("\(gate)\(product ?? "")"), gate: (gate, product))
                let store = ModelStore(folder: plant.configuration.modelsPath)
                if gate == "products" { try storeGate(gate, in: store) }
                return ConfigurationCheck.problems(of: plant.configuration).map { "\($0)" }.joined(separator: "\n")
            }
            let plain = try problems("plate", nil), unknown = try problems("products", "bottle")
            #expect(plain.contains("cannot tell products apart"))
            #expect(unknown.contains("does not know the product bottle; it knows stripes, blots"))
            let missing = try problems("missing", nil), fine = try problems("products", "blots")
            #expect(missing.contains("lines[0].gate"))
            #expect(fine.isEmpty, "\(fine)")
        }
    }
}
