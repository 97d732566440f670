import Foundation
import Imaging
import SeededRandom

/// Small drawn images of parts: a plate with holes, each with streaks and stains of its own.
package struct DrawnParts {
    package var side = 64
    /// Contrast of what is a part's own, grey levels.
    package var texture = 8.0
    /// Largest displacement of an exposure, as a share of the side.
    package var displacement = 0.0
    /// Whether images show a streaky plate with holes, or only a stained surface that fills them.
    package var hasShape = true
    private var random: SplitMix64

    package init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// About normal, mean 0 and deviation 1.
    private mutating func noise() -> Double {
        (0..<4).reduce(0.0) { sum, _ in sum + random.uniform() - 0.5 } * 1.73
    }

    /// `exposures` images of one new part: gain, offset, noise and displacement vary.
    package mutating func part(exposures: Int, defect: Bool = false) -> [Frame] {
        let streaks = (0..<side).map { _ in noise() * texture }
        let stains = (0..<5).map { _ in (x: random.uniform(), y: random.uniform(), depth: noise() * 2 * texture) }
        return (0..<exposures).map { _ in
            let gain = 0.9 + 0.2 * random.uniform(), offset = 20 * (random.uniform() - 0.5)
            let dx = (2 * random.uniform() - 1) * displacement, dy = (2 * random.uniform() - 1) * displacement
            var pixels: [UInt8] = []
            for row in 0..<side {
                for column in 0..<side {
                    let x = (Double(column) + 0.5) / Double(side) - dx, y = (Double(row) + 0.5) / Double(side) - dy
                    var value = 50.0
                    if !hasShape || ((0.1..<0.9).contains(x) && (0.1..<0.9).contains(y)) {
                        value = 140 + (hasShape ? streaks[min(side - 1, max(0, Int(y * Double(side))))] : 0)
                        for stain in stains {
                            let distance = (x - stain.x) * (x - stain.x) + (y - stain.y) * (y - stain.y)
                            value += stain.depth * exp(-distance * 80)
                        }
                        for (hx, hy) in [(0.3, 0.3), (0.7, 0.3), (0.5, 0.7)] where hasShape {
                            if (x - hx) * (x - hx) + (y - hy) * (y - hy) < 0.004 { value = 30 }
                        }
                    }
                    if defect, Self.isDefective(x + dx, y + dy) { value = (column + row) % 2 == 0 ? 250 : 10 }
                    pixels.append(UInt8(min(255, max(0, value * gain + offset + noise() * 1.5))))
                }
            }
            return Frame(width: side, height: side, channels: 1, samples: .eight(pixels))
        }
    }

    /// Where a defect is drawn, in shares of the image.
    package static func isDefective(_ x: Double, _ y: Double) -> Bool {
        (0.55..<0.8).contains(x) && (0.4..<0.55).contains(y)
    }

    /// The mask of the defect: 255 inside.
    package var mask: Frame {
        let pixels = (0..<side * side).map { index -> UInt8 in
            let x = (Double(index % side) + 0.5) / Double(side), y = (Double(index / side) + 0.5) / Double(side)
            return Self.isDefective(x, y) ? 255 : 0
        }
        return Frame(width: side, height: side, channels: 1, samples: .eight(pixels))
    }
}

/// Writes PNGs named in order, so that sorting by path keeps it.
package func write(_ frames: [Frame], to folder: URL, suffix: String = "") throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (index, frame) in frames.enumerated() {
        try frame.encodedPNG().write(to: folder.appendingPathComponent("\(1000 + index)\(suffix).png"))
    }
}

extension SplitMix64 {
    /// In [0, 1).
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
