import Foundation
import SeededRandom

/// A brushed-metal plate: anisotropic streaks, a broad highlight, a bevelled rim, chamfered holes.
struct PlateScene {
    /// A drilled hole: centre and radius, in scene units.
    private struct Bore {
        let centre: SIMD2<Float>
        let radius: Float
    }

    private static let half = SIMD2<Float>(166, 122)
    private static let corner: Float = 16
    private static let bores =
        [Bore(centre: .zero, radius: 34)]
        + [(-128, -88), (128, -88), (-128, 88), (128, 88)].map { Bore(centre: SIMD2($0.0, $0.1), radius: 11) }
        + [(-74, 0), (74, 0)].map { Bore(centre: SIMD2($0.0, $0.1), radius: 6) }

    private let streaks, dust, carrier: Noise
    private let highlight: Float
    private let light: SIMD2<Float>
    private let missing: Int?
    private let shape: DefectShape?
    private let kind: SampleDefect?
    private let strength: Float

    init(light: SIMD2<Float>, part: inout SplitMix64, defect: SampleDefect?, _ generator: inout SplitMix64) {
        self.light = light
        streaks = Noise(seed: part.next())
        dust = Noise(seed: part.next())
        carrier = Noise(seed: part.next())
        highlight = part.uniform(-46, -30)
        kind = defect
        strength = generator.uniform(0.75, 1.25)
        missing = defect == .missingHole ? Int(generator.next() % UInt64(Self.bores.count - 1)) + 1 : nil
        shape = defect.flatMap { Self.shape($0, &generator) }
    }

    /// A random point on the metal, away from rim and holes.
    private static func place(_ generator: inout SplitMix64) -> SIMD2<Float> {
        while true {
            let p = SIMD2(generator.uniform(-140, 140), generator.uniform(-98, 98))
            let isClear = bores.allSatisfy { bore in
                let d = p - bore.centre
                return (d * d).sum().squareRoot() > bore.radius + 16
            }
            if isClear { return p }
        }
    }

    private static func shape(_ kind: SampleDefect, _ g: inout SplitMix64) -> DefectShape? {
        let p = place(&g)
        switch kind {
        case .scratch:
            return .wandering(
                from: p, length: g.uniform(34, 105), direction: g.uniform(0, 6.28), curl: 0.25,
                halfWidth: g.uniform(0.7, 1.3), &g)
        case .contamination:
            return .wandering(
                from: p, length: g.uniform(30, 62), direction: g.uniform(0, 6.28), curl: 1.6,
                halfWidth: g.uniform(1.1, 1.8), &g)
        case .dent:
            let r = g.uniform(10, 19)
            return .blob(
                centre: p, radius: SIMD2(r, r * g.uniform(0.8, 1.2)), raggedness: 0.04, noise: Noise(seed: g.next()))
        case .rust:
            let r = g.uniform(9, 22)
            return .blob(
                centre: p, radius: SIMD2(r, r * g.uniform(0.6, 1.1)), raggedness: 0.42, noise: Noise(seed: g.next()))
        default: return nil
        }
    }

    /// Signed distance to the plate's outline, negative inside.
    private func outline(_ p: SIMD2<Float>) -> Float {
        let q = SIMD2(abs(p.x), abs(p.y)) - Self.half + Self.corner
        let outside = SIMD2(max(q.x, 0), max(q.y, 0))
        return (outside * outside).sum().squareRoot() + min(max(q.x, q.y), 0) - Self.corner
    }

    /// Colour of a point, and the defect's coverage of it.
    func shade(_ p: SIMD2<Float>) -> (colour: SIMD3<Float>, coverage: Float) {
        let edge = outline(p)
        let ground = SIMD3<Float>(repeating: 0.115 + 0.018 * carrier(p.x * 0.21, p.y * 0.21))
        if edge > 7 { return (ground, 0) }
        let metal = surface(p)
        var colour = metal
        // The rim's bevel catches the light on the lamp's side and loses it on the other.
        if edge > -7 {
            let normal = SIMD2(
                outline(p + SIMD2(0.5, 0)) - outline(p - SIMD2(0.5, 0)),
                outline(p + SIMD2(0, 0.5)) - outline(p - SIMD2(0, 0.5)))
            colour += SIMD3(repeating: (normal * light).sum() * 0.20 * ramp(-7, -2, edge))
        }
        var coverage: Float = 0, isOverHole = false
        for (index, bore) in Self.bores.enumerated() {
            let d = p - bore.centre
            let r = (d * d).sum().squareRoot()
            if r > bore.radius + 5 { continue }
            if index == missing {
                coverage = 1 - ramp(bore.radius, bore.radius + 2, r)
                continue
            }
            let normal = d / max(r, 0.001)
            let facing = (normal * light).sum()
            // Chamfer: seen from above, its far side faces the lamp.
            colour += SIMD3(repeating: -facing * 0.24 * (1 - ramp(bore.radius + 1, bore.radius + 4, r)))
            let depth = 1 - ramp(bore.radius - 1.2, bore.radius + 0.6, r)
            isOverHole = isOverHole || depth > 0.3
            let wall = 0.055 + 0.10 * ramp(0.35, 1, -facing) * ramp(bore.radius * 0.62, bore.radius, r)
            colour = mix(colour, SIMD3(repeating: wall), depth)
        }
        // Scratches and rust need metal; a chip may cross a hole.
        if let shape, edge < -2, !isOverHole || kind == .contamination {
            let bounds = shape.bounds
            if p.x > bounds.low.x, p.y > bounds.low.y, p.x < bounds.high.x, p.y < bounds.high.y {
                (colour, coverage) = marked(colour, p, shape)
            }
        }
        return (mix(colour, ground, ramp(-0.8, 0.8, edge)), coverage)
    }

    private func surface(_ p: SIMD2<Float>) -> SIMD3<Float> {
        let fine = streaks(p.x * 0.018, p.y * 1.15), broad = streaks(p.x * 0.006 + 40, p.y * 0.24)
        let grain = dust(p.x * 0.5, p.y * 1.3)
        let band = (p.y - highlight + p.x * 0.16) / 78
        let value = 0.50 + 0.22 * exp(-band * band) + 0.055 * fine + 0.030 * broad + 0.016 * grain
        return SIMD3(value * 0.985, value, value * 1.02)
    }

    private func marked(_ colour: SIMD3<Float>, _ p: SIMD2<Float>, _ shape: DefectShape) -> (SIMD3<Float>, Float) {
        let coverage = shape.coverage(p)
        switch kind {
        case .scratch:
            // Raised burr beside the groove: bright line, dark flank.
            let flank = shape.coverage(p + light * 1.6)
            return (colour + SIMD3(repeating: (0.30 * coverage - 0.16 * flank) * strength), coverage)
        case .contamination:
            let shadow = shape.coverage(p + light * 3)
            let dimmed = colour * (1 - 0.28 * shadow)
            let chip = SIMD3<Float>(0.17, 0.15, 0.14) + SIMD3(repeating: 0.10 * dust(p.x * 0.4, p.y * 0.4))
            return (mix(dimmed, chip, 0.92 * coverage), coverage)
        case .dent:
            guard case .blob(let centre, let radius, _, _) = shape else { return (colour, 0) }
            let d = (p - centre) / radius
            let r = (d * d).sum().squareRoot()
            // Slope of a smooth hollow: its side away from the lamp is lit.
            let slope = r < 1.25 ? r * max(0, 1 - r * r / 1.56) * 1.9 : 0
            let lit = r > 0.01 ? (d / r * light).sum() : 0
            return (colour + SIMD3(repeating: -lit * slope * 0.24 * strength), r < 1.1 ? 1 : 0)
        case .rust:
            let patch = 0.75 + 0.25 * dust(p.x * 0.33, p.y * 0.33)
            let rust = SIMD3<Float>(0.43, 0.245, 0.12) * (0.85 + 0.3 * dust(p.x * 0.7 + 9, p.y * 0.7))
            return (mix(colour, rust, coverage * patch * min(1, 0.85 * strength)), coverage)
        default: return (colour, 0)
        }
    }
}
