import DetectionCore
import DetectionMethods
import Foundation
import Imaging
import InspectionPipeline
import NeuralNets
import SeededRandom
import TestSupport
import Testing

/// The heat is on the defect, not beside it.
@Suite struct HeatPlacementTests {
    private static let side = 224

    /// A grainy surface, and on it perhaps a dark disc of radius 5.
    private func surface(_ index: Int, disc: (x: Int, y: Int)? = nil) -> Frame {
        var random = SplitMix64(seed: UInt64(index))
        var pixels = (0..<Self.side * Self.side).map { _ in UInt8(118 + Int(random.next() >> 60)) }
        if let disc {
            for y in disc.y - 5...disc.y + 5 {
                for x in disc.x - 5...disc.x + 5 where (x - disc.x) * (x - disc.x) + (y - disc.y) * (y - disc.y) <= 25 {
                    pixels[y * Self.side + x] = 40
                }
            }
        }
        return Frame(width: Self.side, height: Self.side, channels: 1, samples: .eight(pixels))
    }

    @Test(arguments: GaussianOptions.MapKind.allCases)
    func heat_is_centred_on_the_defect(_ kind: GaussianOptions.MapKind) throws {
        var options = GaussianOptions()
        options.map = kind
        let model = try withTemporaryFolder { folder in
            for index in 0..<12 {
                try surface(index).encodedPNG().write(to: folder.appendingPathComponent("\(index).png"))
            }
            return try GaussianTrainer.model(
                FrameSource(folders: [folder.path]), backbone: .embedded(), options: options, workers: 2)
        }
        let detector = try model.makeDetector(threads: 2)
        var x: [Double] = [], y: [Double] = []
        for row in stride(from: 61, through: 163, by: 17) {
            for column in stride(from: 61, through: 163, by: 17) {
                let map = try detector.detect(surface(99, disc: (column, row))).map
                // The middle of the hottest part.
                let level = 0.9 * map.maximum, hot = map.values.indices.filter { map.values[$0] > level }
                x.append(Double(hot.map { $0 % map.width }.reduce(0, +)) / Double(hot.count) - Double(column))
                y.append(Double(hot.map { $0 / map.width }.reduce(0, +)) / Double(hot.count) - Double(row))
            }
        }
        // The coarser level's cells are 16 pixels wide; spread evenly, the heat would be 11 pixels off.
        for offsets in [x, y] { #expect(abs(offsets.reduce(0, +) / Double(offsets.count)) < 1) }
    }
}
