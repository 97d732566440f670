import DetectionCore
import Imaging
import SeededRandom
import Testing

@Suite struct SyntheticAnomalyTests {
    private static func picture(_ seed: UInt64, channels: Int = 3, depth: Int = 8, width: Int = 96, height: Int = 72)
        -> Frame
    {
        var generator = SplitMix64(seed: seed)
        let count = width * height * channels
        let samples: Frame.Samples =
            depth == 8
            ? .eight((0..<count).map { _ in UInt8(90 + generator.next() % 60) })
            : .sixteen((0..<count).map { _ in UInt16(20_000 + generator.next() % 9000) })
        return Frame(width: width, height: height, channels: channels, samples: samples)
    }

    private func values(_ frame: Frame) -> [Int] {
        switch frame.samples {
        case .eight(let samples): samples.map(Int.init)
        case .sixteen(let samples): samples.map(Int.init)
        }
    }

    @Test(arguments: SyntheticAnomaly.allCases, [(1, 8), (3, 8), (1, 16), (3, 16)])
    func a_defect_changes_the_image_inside_its_mask_only(_ kind: SyntheticAnomaly, _ form: (Int, Int)) {
        let (channels, depth) = form
        for seed in 0..<20 as Range<UInt64> {
            let frame = Self.picture(1, channels: channels, depth: depth)
            let donor = Self.picture(2, channels: 4 - channels, depth: 24 - depth, width: 60, height: 50)
            var generator = SplitMix64(seed: seed)
            let (spoilt, mask) = kind.drawn(on: frame, donor: donor, using: &generator)
            #expect((spoilt.width, spoilt.height, spoilt.channels) == (frame.width, frame.height, channels))
            #expect(spoilt.bitDepth == depth && mask.channels == 1 && mask.width == frame.width)
            let before = values(frame), after = values(spoilt), inside = values(mask)
            let covered = inside.count { $0 > 0 }
            #expect((2...inside.count / 4).contains(covered), "\(kind) covers \(covered) of \(inside.count) pixels")
            var changed = 0
            // A soft edge below a twentieth may be rounded away, but changes nothing visibly.
            let unseen = depth == 8 ? 13 : 13 * 257
            for index in before.indices where before[index] != after[index] {
                if inside[index / channels] > 0 {
                    changed += 1
                } else {
                    #expect(abs(before[index] - after[index]) <= unseen)
                }
            }
            #expect(changed > covered * channels / 2, "\(kind) changes \(changed) of \(covered * channels) samples")
        }
    }

    @Test(arguments: SyntheticAnomaly.allCases)
    func the_same_seed_draws_the_same_defect_and_another_one_another(_ kind: SyntheticAnomaly) {
        func draw(_ seed: UInt64) -> Frame {
            var generator = SplitMix64(seed: seed)
            return kind.drawn(on: Self.picture(1), donor: Self.picture(2), using: &generator).frame
        }
        #expect(draw(7) == draw(7))
        #expect(draw(7) != draw(8))
    }

    @Test(arguments: SyntheticAnomaly.allCases)
    func images_of_a_few_pixels_are_accepted(_ kind: SyntheticAnomaly) {
        for (width, height) in [(1, 1), (2, 9), (9, 2)] {
            var generator = SplitMix64(seed: 3)
            let frame = Self.picture(1, width: width, height: height)
            let drawn = kind.drawn(on: frame, donor: Self.picture(2), using: &generator)
            #expect(drawn.frame.width == width && drawn.mask.height == height)
        }
    }

    @Test func a_piece_of_another_image_keeps_its_position() {
        let frame = Self.picture(1), donor = Self.picture(2)
        var generator = SplitMix64(seed: 5)
        let (spoilt, mask) = SyntheticAnomaly.cutMix.drawn(on: frame, donor: donor, using: &generator)
        let after = values(spoilt), other = values(donor), inside = values(mask)
        let same = after.indices.count { inside[$0 / 3] > 0 && after[$0] == other[$0] }
        #expect(Double(same) > 0.7 * Double(3 * inside.count { $0 > 0 }))
    }
}
