import SeededRandom

/// Gradient noise (Perlin, SIGGRAPH 1985 and 2002): smooth, features about one unit apart, about −0.7…0.7.
struct PerlinNoise {
    /// A random order of 0…255.
    private let order: [Int]

    init(using generator: inout SplitMix64) { order = (0..<256).shuffled(using: &generator) }

    func callAsFunction(_ x: Float, _ y: Float) -> Float {
        let (fx, fy) = (x.rounded(.down), y.rounded(.down)), (ix, iy) = (Int(fx), Int(fy))
        let (tx, ty) = (x - fx, y - fy), (u, v) = (fade(tx), fade(ty))
        let top = mix(slope(ix, iy, tx, ty), slope(ix + 1, iy, tx - 1, ty), u)
        let bottom = mix(slope(ix, iy + 1, tx, ty - 1), slope(ix + 1, iy + 1, tx - 1, ty - 1), u)
        return mix(top, bottom, v)
    }

    /// The lattice point's gradient, one of eight directions, times the distance vector from it.
    private func slope(_ ix: Int, _ iy: Int, _ dx: Float, _ dy: Float) -> Float {
        let diagonal: Float = 0.707_106_8
        switch order[(order[ix & 255] + iy) & 255] & 7 {
        case 0: return dx
        case 1: return -dx
        case 2: return dy
        case 3: return -dy
        case 4: return (dx + dy) * diagonal
        case 5: return (dx - dy) * diagonal
        case 6: return (-dx + dy) * diagonal
        default: return (-dx - dy) * diagonal
        }
    }

    private func fade(_ t: Float) -> Float { t * t * t * (t * (t * 6 - 15) + 10) }
    private func mix(_ a: Float, _ b: Float, _ t: Float) -> Float { a + (b - a) * t }
}
