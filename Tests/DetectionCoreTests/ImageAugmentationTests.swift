import CKernels
import DetectionCore
import NeuralNets
import SeededRandom
import TensorCore
import Testing

@Suite struct ImageAugmentationTests {
    private let normalization = Normalization(mean: [0.5, 0.4, 0.3], std: [0.25, 0.2, 0.5])

    private func pictures(_ count: Int = 1, height: Int = 9, width: Int = 12) -> Tensor {
        var generator = SplitMix64(seed: 4)
        let shape: Shape = [count, height, width, 3]
        return Tensor(shape: shape, values: (0..<shape.count).map { _ in generator.uniform(-1, 1) })
    }

    private func augmented(_ x: Tensor, _ kinds: Set<ImageAugmentation>, seed: UInt64) -> Tensor {
        var generator = SplitMix64(seed: seed)
        return kinds.apply(to: x, normalization, using: &generator)
    }

    @Test func no_kind_changes_nothing() {
        #expect(augmented(pictures(2), [], seed: 1) == pictures(2))
    }

    @Test func flips_give_the_four_mirror_images_and_no_others() {
        let x = pictures(), (h, w) = (x.shape[1], x.shape[2])
        var seen: Set<Int> = []
        for seed in 0..<40 as Range<UInt64> {
            let out = augmented(x, [.flips], seed: seed)
            let match = (0..<4).first { way in
                (0..<h * w * 3).allSatisfy { index in
                    let (y, column, channel) = (index / (3 * w), index / 3 % w, index % 3)
                    let source = ((way & 2 > 0 ? h - 1 - y : y) * w + (way & 1 > 0 ? w - 1 - column : column)) * 3
                    return out.values[index] == x.values[source + channel]
                }
            }
            #expect(match != nil, "seed \(seed)")
            if let match { seen.insert(match) }
        }
        #expect(seen == [0, 1, 2, 3])
    }

    @Test func brightness_multiplies_the_pixels_before_they_are_normalised() {
        let x = pictures(3), size = x.values.count / 3
        let out = augmented(x, [.brightness], seed: 3)
        var gains: [Float] = []
        for picture in 0..<3 {
            let ratios = (0..<size).map { index in
                let at = picture * size + index, (mean, std) = (normalization.mean[at % 3], normalization.std[at % 3])
                return (out.values[at] * std + mean) / (x.values[at] * std + mean)
            }.sorted()
            // Nearly black pixels divide badly; the middle ones do not.
            let middle = ratios[size / 10..<size * 9 / 10]
            #expect(middle.last! - middle.first! < 1e-3)
            gains.append(ratios[size / 2])
        }
        #expect(gains.allSatisfy { (1 / 1.1001...1.1001).contains($0) } && Set(gains).count == 3)
    }

    @Test func a_turn_leaves_the_middle_and_moves_the_corners_by_its_angle() {
        // A ramp from left to right; turned by φ its slope is cos φ across and −sin φ or sin φ down.
        let (h, w) = (21, 21)
        let ramp = Tensor(
            shape: [1, h, w, 3], values: (0..<h * w).flatMap { index in [Float](repeating: Float(index % w), count: 3) }
        )
        for seed in 0..<10 as Range<UInt64> {
            let out = augmented(ramp, [.rotation], seed: seed)
            func value(_ y: Int, _ x: Int) -> Float { out.values[(y * w + x) * 3] }
            #expect(abs(value(10, 10) - 10) < 1e-4)
            let across = (value(10, 14) - value(10, 6)) / 8, down = (value(14, 10) - value(6, 10)) / 8
            #expect(abs(across * across + down * down - 1) < 1e-4)
            #expect(abs(down) <= 0.0873 && abs(down) > 0)
        }
    }

    @Test func a_shift_moves_by_whole_pixels_and_continues_the_border() {
        let (h, w) = (112, 168)
        let x = pictures(1, height: h, width: w)
        var seen: Set<[Int]> = []
        for seed in 0..<20 as Range<UInt64> {
            let out = augmented(x, [.shift], seed: seed)
            // 4 of 224 pixels: 2 of 112 and 3 of 168.
            let moves = (-2...2).flatMap { dy in (-3...3).map { [dy, $0] } }
            let match = moves.first { move in
                (0..<h * w * 3).allSatisfy { index in
                    let y = min(h - 1, max(0, index / (3 * w) + move[0]))
                    let column = min(w - 1, max(0, index / 3 % w + move[1]))
                    return out.values[index] == x.values[(y * w + column) * 3 + index % 3]
                }
            }
            #expect(match != nil, "seed \(seed)")
            if let match { seen.insert(match) }
        }
        #expect(seen.count > 8)
    }

    @Test func random_numbers_of_one_kind_do_not_depend_on_the_others() {
        let x = pictures(2)
        let both = augmented(x, [.flips, .brightness], seed: 8)
        let one = augmented(augmented(x, [.flips], seed: 8), [.brightness], seed: 8)
        #expect(both == one)
        #expect(augmented(x, [.brightness], seed: 9) != augmented(x, [.brightness], seed: 8))
    }

    @Test func affine_samples_outside_are_the_borders() {
        let x: [Float] = [1, 2, 3, 4]
        var out = [Float](repeating: 0, count: 4)
        ck_affine_sample(x, 2, 2, 1, [1, 0, 5, 0, 1, -7], &out)
        #expect(out == [2, 2, 2, 2])
        ck_affine_sample(x, 2, 2, 1, [0.5, 0, 0.25, 0, 1, 0.5], &out)
        #expect(out == [2.25, 2.75, 3.25, 3.75])
    }
}
