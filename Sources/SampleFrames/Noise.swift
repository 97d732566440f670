import SeededRandom

extension SplitMix64 {
    /// Approximately normal with variance 1: the scaled sum of four uniforms.
    mutating func normal() -> Float {
        let bits = next()
        var sum: Float = 0
        for shift in stride(from: UInt64(0), to: 64, by: 16) { sum += Float((bits >> shift) & 0xffff) }
        return (sum / 65_535 - 2) * 1.732_050_8
    }
}

/// Smooth random fields on the plane, the same for the same seed.
struct Noise {
    private let seed: UInt32

    init(seed: UInt64) { self.seed = UInt32(truncatingIfNeeded: seed ^ seed >> 32) }

    /// −1…1 at a lattice point.
    private func lattice(_ x: Int32, _ y: Int32) -> Float {
        var h = seed &+ UInt32(bitPattern: x) &* 0x9e37_79b1 &+ UInt32(bitPattern: y) &* 0x85eb_ca77
        h = (h ^ h >> 15) &* 0x2c1b_3c6d
        h = (h ^ h >> 12) &* 0x297a_2d39
        return Float((h ^ h >> 15) >> 8) / Float(1 << 23) - 1
    }

    /// Value noise, −1…1, features about one unit apart.
    func callAsFunction(_ x: Float, _ y: Float) -> Float {
        let fx = x.rounded(.down), fy = y.rounded(.down)
        let (ix, iy) = (Int32(fx), Int32(fy))
        let (tx, ty) = (smooth(x - fx), smooth(y - fy))
        let top = mix(lattice(ix, iy), lattice(ix &+ 1, iy), tx)
        let bottom = mix(lattice(ix, iy &+ 1), lattice(ix &+ 1, iy &+ 1), tx)
        return mix(top, bottom, ty)
    }

    /// A random value per index, −1…1.
    func value(_ index: Int) -> Float { lattice(Int32(truncatingIfNeeded: index), 7) }

    private func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }
}

func mix(_ a: Float, _ b: Float, _ t: Float) -> Float { a + (b - a) * t }
func mix(_ a: SIMD3<Float>, _ b: SIMD3<Float>, _ t: Float) -> SIMD3<Float> { a + (b - a) * t }

/// 0 below `low`, 1 above `high`, smooth between.
func ramp(_ low: Float, _ high: Float, _ x: Float) -> Float {
    let t = min(1, max(0, (x - low) / (high - low)))
    return t * t * (3 - 2 * t)
}
