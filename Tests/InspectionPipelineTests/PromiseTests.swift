import Foundation
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import SeededRandom
import Spooling
import TestSupport
import Testing

/// The one promise: exactly one durable record per input. Random arrivals, faults, power cuts and restarts against a
/// minimal model of the spool: the list of arrivals.
@Suite(.serialized) struct PromiseTests {
    /// One input, and its expected outcome.
    private struct Arrival {
        let name: RawPath
        let data: Data
        let isPicture: Bool
    }

    private static func arrival(_ index: Int, _ random: inout SplitMix64) throws -> Arrival {
        let names: [[UInt8]] = [
            Array("part \(index).jpg".utf8), Array("new\nline-\(index).jpg".utf8),
            Array("no-text-\(index)-".utf8) + [0xff, 0xfe] + Array(".jpg".utf8),
            Array((String(repeating: "n", count: 240) + "-\(index).jpg").utf8.suffix(255)),
        ]
        let name = RawPath(bytes: names.randomElement(using: &random) ?? names[0])
        let kind = Int.random(in: 0..<6, using: &random)
        let jpeg = try TinyFrames.jpeg(UInt64(index), defect: kind == 1)
        if kind == 0 { return Arrival(name: name, data: Data("no image \(index)".utf8), isPicture: false) }
        return Arrival(name: name, data: jpeg, isPicture: true)
    }

    /// The number of histories of each kind; each takes four seconds.
    private static let rounds = Int(ProcessInfo.processInfo.environment["INSPECTD_PROMISE_ROUNDS"] ?? "") ?? 1

    @Test(arguments: [Configuration.After.archive, .keep, .delete], 0..<rounds)
    func no_frame_is_lost_and_none_recorded_twice(after: Configuration.After, round: Int) async throws {
        let seed = UInt64.random(in: 0...999_999)
        var random = SplitMix64(seed: seed)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("promise-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let plant = try Plant(folder, after: after)
        var model: [Arrival] = []
        var cuts = 0
        for life in 0..<8 {
            // At least one life has frames to lose and is cut short.
            let isHard = life == 3
            for _ in 0..<Int.random(in: (isHard ? 2 : 0)...3, using: &random) {
                let arrival = try Self.arrival(model.count, &random)
                try plant.arrive(arrival.name, arrival.data)
                model.append(arrival)
            }
            // Most lives end by a power cut somewhere among a frame's few dozen calls; some end well.
            let powerFails = isHard || Int.random(in: 0..<4, using: &random) > 0
            let disk = FaultyDisk(
                seed: random.next(), rarity: [0, 200, 60].randomElement(using: &random) ?? 0,
                powerFailsAfter: powerFails ? Int.random(in: 20...(isHard ? 100 : 600), using: &random) : nil)
            let life = Duration.milliseconds(isHard ? 5000 : Int.random(in: 50...400, using: &random))
            try await plant.run(on: disk, for: life) { false }
            cuts += disk.hasPower ? 0 : 1
        }
        #expect(cuts > 0, "seed \(seed): the power never failed, so nothing was tested")
        let count = model.count
        try await plant.run { try plant.isIdle && plant.history().count >= count }
        try Self.compare(plant, model, after, Comment(rawValue: "seed \(seed), \(after)"))
    }

    private static func compare(
        _ plant: Plant, _ model: [Arrival], _ after: Configuration.After, _ comment: Comment
    ) throws {
        let names = model.map { plant.watched.appending($0.name).description }.sorted()
        let results = try plant.results()
        #expect(results.map(\.image.path).sorted() == names, comment)
        #expect(try plant.history().map(\.image.path).sorted() == names, comment)
        let errors = results.filter { $0.verdict == .error }
        let (archive, aside) = (plant.files(plant.spool / "archive"), plant.files(plant.spool / "quarantine"))
        let reasons = aside.filter { $0.name == RawPath("reason.json") }
        #expect(reasons.count == errors.count, comment)
        for arrival in model where !arrival.isPicture {
            #expect(errors.contains { $0.image.path == plant.watched.appending(arrival.name).description }, comment)
        }
        // Every byte is where it belongs; `permission` and `crashed-twice` may have hit valid frames too.
        func contents(_ paths: [RawPath]) throws -> [Data] { try paths.map { try FileSystem().read($0) } }
        let kept = try contents(
            archive + aside.filter { $0.name != RawPath("reason.json") } + plant.files(plant.watched))
        let wanted = after == .delete ? [] : model.map(\.data)
        func order(_ data: [Data]) -> [String] { data.map { ContentDigest.sha256(of: $0) }.sorted() }
        if after == .delete {
            #expect(archive.isEmpty && plant.files(plant.watched).isEmpty, comment)
            #expect(kept.count == errors.count, comment)
        } else {
            #expect(order(kept) == order(wanted), comment)
        }
        let alarming = results.filter { $0.verdict != .normal }.map { $0.resultID + ".json" }.sorted()
        #expect(plant.files(plant.spool / "alerts").map(\.name.description).sorted() == alarming, comment)
        for rest in ["active", "tmp"] { #expect(plant.files(plant.spool / rest).isEmpty, comment) }
    }
}
