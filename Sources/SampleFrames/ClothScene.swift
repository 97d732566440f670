import Foundation
import SeededRandom

/// A 2/1 twill: indigo warp over undyed weft, every yarn with its own shade and thickness, fibres and slight
/// distortion.
struct ClothScene {
    private static let pitch: Float = 7.2

    private let shades, fibres, drift: Noise
    private let warpColour, weftColour: SIMD3<Float>
    private let light: SIMD2<Float>
    private let kind: SampleDefect?
    private let shape: DefectShape?
    private let strength: Float
    /// The yarn of a pull or a misweave, and the position along it.
    private let yarn: Int
    private let extent: ClosedRange<Float>
    private let isWarp: Bool

    init(light: SIMD2<Float>, part: inout SplitMix64, defect: SampleDefect?, _ g: inout SplitMix64) {
        self.light = light
        shades = Noise(seed: part.next())
        fibres = Noise(seed: part.next())
        drift = Noise(seed: part.next())
        let dye = part.uniform(0.96, 1.04)
        warpColour = SIMD3(0.235, 0.315, 0.475) * dye
        weftColour = SIMD3(0.70, 0.705, 0.69)
        kind = defect
        strength = g.uniform(0.8, 1.2)
        yarn = Int(g.uniform(-11, 11))
        isWarp = g.next() & 1 == 0
        let start = g.uniform(-130, 30)
        extent = start...(start + g.uniform(55, 120))
        let centre = SIMD2(g.uniform(-145, 145), g.uniform(-100, 100))
        switch defect {
        case .hole:
            let r = g.uniform(8, 17)
            shape = .blob(
                centre: centre, radius: SIMD2(r, r * g.uniform(0.7, 1.2)), raggedness: 0.32,
                noise: Noise(seed: g.next()))
        case .stain:
            let r = g.uniform(20, 42)
            shape = .blob(
                centre: centre, radius: SIMD2(r, r * g.uniform(0.6, 1.1)), raggedness: 0.28,
                noise: Noise(seed: g.next()))
        case .fibre:
            shape = .wandering(
                from: centre * 0.7, length: g.uniform(55, 110), direction: g.uniform(0, 6.28), curl: 1.5,
                halfWidth: g.uniform(1.0, 1.6), &g)
        default: shape = nil
        }
    }

    /// Colour of a point, and the defect's coverage of it.
    func shade(_ p: SIMD2<Float>) -> (colour: SIMD3<Float>, coverage: Float) {
        var u = p.x + 2.6 * drift(p.x * 0.011, p.y * 0.013) + p.y * 0.012
        var v = p.y + 2.6 * drift(p.x * 0.012 + 70, p.y * 0.011)
        let pull = kind == .pull ? pullAt(u, v) : 0
        // Yarns beside a pulled one are drawn towards it.
        if pull != 0 { if isWarp { u += pull } else { v += pull } }
        let (i, j) = (Int((u / Self.pitch).rounded(.down)), Int((v / Self.pitch).rounded(.down)))
        var isOver = (((i + j) % 3) + 3) % 3 != 0
        var coverage: Float = 0
        if kind == .misweave {
            let (index, along) = isWarp ? (i, v) : (j, u)
            if index == yarn, extent.contains(along) {
                isOver = !isWarp
                coverage = 1
            }
        }
        var colour = yarns(u, v, i, j, isOver)
        if kind == .pull, isPulled(i, j, u, v) {
            // The pulled yarn lies on top, tight and bright.
            let t = fraction(isWarp ? u : v) * 2 - 1
            let body = (1 - t * t).squareRoot()
            let tone = isWarp ? warpColour * 1.5 : weftColour * 1.16
            colour = mix(colour, tone * (0.5 + 0.5 * body), min(1, 0.85 * strength))
            coverage = 1
        }
        if let shape {
            let bounds = shape.bounds
            if p.x > bounds.low.x, p.y > bounds.low.y, p.x < bounds.high.x, p.y < bounds.high.y {
                coverage = shape.coverage(p)
                colour = marked(colour, p, shape, coverage)
            }
        }
        return (colour, coverage)
    }

    private func fraction(_ x: Float) -> Float {
        let t = x / Self.pitch
        return t - t.rounded(.down)
    }

    /// The weave itself.
    private func yarns(_ u: Float, _ v: Float, _ i: Int, _ j: Int, _ isOver: Bool) -> SIMD3<Float> {
        let (across, along) = isOver ? (fraction(u), v) : (fraction(v), u)
        let thickness = 0.90 + 0.08 * shades.value(isOver ? i * 2 : j * 2 + 1)
        let t = (across * 2 - 1) / thickness
        guard abs(t) < 1 else { return SIMD3(0.075, 0.08, 0.10) }
        let round = (1 - t * t).squareRoot()
        // Over a crossing the yarn rises, at its ends it dives: brightness follows.
        let cell = isOver ? fraction(v) : fraction(u)
        let crown = 0.72 + 0.28 * sin(cell * .pi)
        let twist = 0.075 * sin((along * 1.05 + t * 3.2) * 1.9)
        let fuzz = 0.11 * (isOver ? fibres(u * 1.6, v * 0.45) : fibres(u * 0.45 + 300, v * 1.6))
        let facing = 1 - 0.14 * t * (isOver ? -light.x : -light.y)
        let shade = 1 + 0.085 * shades.value(isOver ? i * 2 : j * 2 + 1)
        let base = isOver ? warpColour : weftColour
        return base * (0.42 + 0.58 * round) * crown * (1 + twist + fuzz) * facing * shade
    }

    private func isPulled(_ i: Int, _ j: Int, _ u: Float, _ v: Float) -> Bool {
        (isWarp ? i : j) == yarn && extent.contains(isWarp ? v : u)
    }

    /// Displacement towards the pulled yarn, strongest beside it and in the middle of its length.
    private func pullAt(_ u: Float, _ v: Float) -> Float {
        let (across, along) = isWarp ? (u, v) : (v, u)
        let distance = across - (Float(yarn) + 0.5) * Self.pitch
        let middle = (extent.lowerBound + extent.upperBound) / 2, half = (extent.upperBound - extent.lowerBound) / 2
        let t = (along - middle) / half
        guard abs(t) < 1, abs(distance) < 22, abs(distance) > Self.pitch / 2 else { return 0 }
        return (distance > 0 ? 1 : -1) * 2.6 * (1 - t * t) * (1 - abs(distance) / 22)
    }

    private func marked(_ colour: SIMD3<Float>, _ p: SIMD2<Float>, _ shape: DefectShape, _ coverage: Float) -> SIMD3<
        Float
    > {
        switch kind {
        case .hole:
            // Torn ends stand into the dark.
            let ends = ramp(0.25, 0.75, fibres(p.x * 0.5 + 11, p.y * 0.5)) * (1 - ramp(0.5, 1, coverage))
            let torn = mix(SIMD3(0.05, 0.05, 0.06), weftColour * 0.9, ends * 0.6)
            return mix(colour, torn, coverage)
        case .stain:
            let depth = 0.30 * strength * (1 + 0.25 * drift(p.x * 0.07, p.y * 0.07))
            return mix(colour, colour * SIMD3(1 - depth * 0.9, 1 - depth, 1 - depth * 1.35), coverage)
        case .fibre:
            let shadow = shape.coverage(p + light * 2.2)
            return mix(colour * (1 - 0.3 * shadow), SIMD3(0.63, 0.17, 0.13), 0.9 * coverage)
        default: return colour
        }
    }
}
