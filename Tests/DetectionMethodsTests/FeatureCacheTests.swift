import CKernels
import DetectionMethods
import Foundation
import Testing

/// The trainer reads the extracted features back, in every storage.
@Suite struct FeatureCacheTests {
    private static let frames = 7, floats = 1003

    /// Values over many magnitudes, with both signs.
    private static func features(_ frame: Int) -> [Float] {
        (0..<floats).map { Float(sin(Double($0 * 7 + frame))) * Float(pow(10, Double($0 % 9) - 4)) }
    }

    static let budgets: [(Int, FeatureCache.Storage)] = [
        (4 * frames * floats, .singleInMemory), (4 * frames * floats - 1, .halfInMemory),
        (2 * frames * floats, .halfInMemory), (2 * frames * floats - 1, .halfOnDisk),
    ]

    @Test(arguments: budgets)
    func frames_come_back_as_they_were_stored(_ budget: Int, _ storage: FeatureCache.Storage) throws {
        let cache = try FeatureCache(frames: Self.frames, floatsPerFrame: Self.floats, budget: budget)
        #expect(cache.storage == storage)
        for frame in (0..<Self.frames).reversed() { try cache.store(Self.features(frame), frame: frame) }
        var got = [Float](repeating: 0, count: Self.floats)
        for frame in 0..<Self.frames {
            try cache.load(frame, into: &got)
            for (value, want) in zip(got, Self.features(frame)) {
                let tolerance = storage == .singleInMemory ? 0 : max(abs(want) / 2048, 0x1p-25)
                #expect(abs(value - want) <= tolerance)
            }
        }
    }

    @Test func a_folder_that_cannot_be_written_is_named() {
        #expect {
            try FeatureCache(frames: 1, floatsPerFrame: 8, budget: 0, folder: "/nonexistent/features")
        } throws: {
            "\($0)".contains("/nonexistent/features")
        }
    }

    @Test func every_half_survives_the_way_through_a_float() {
        let halves = (0...UInt16.max).map { $0 }
        var floats = [Float](repeating: 0, count: halves.count), back = halves
        ck_from_half(halves, halves.count, &floats)
        ck_to_half(floats, halves.count, &back)
        for (half, again) in zip(halves, back) {
            let isNaN = half & 0x7fff > 0x7c00
            #expect(isNaN ? again & 0x7fff > 0x7c00 : again == half)
        }
    }

    @Test func rounding_is_to_the_nearest_half_and_ties_go_to_even() {
        let cases: [(Float, UInt16)] = [
            (0, 0), (-0.0, 0x8000), (1, 0x3c00), (1 + 0x1p-11, 0x3c00), (1 + 0x1p-10 + 0x1p-11, 0x3c02),
            (1 + 0x1p-11 + 0x1p-20, 0x3c01), (65504, 0x7bff), (65519, 0x7bff), (65520, 0x7c00), (1e9, 0x7c00),
            (-.infinity, 0xfc00), (0x1p-24, 1), (0x1p-25, 0), (0x1.8p-24, 2), (0x1p-14, 0x400), (0x1.ff8p-15, 0x3ff),
            (0x1.ffcp-15, 0x400),
        ]
        for (value, want) in cases {
            var got: UInt16 = 0
            ck_to_half([value], 1, &got)
            #expect(got == want, "\(value): \(got) for \(want)")
        }
    }
}
