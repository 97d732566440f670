import Foundation
import SeededRandom

/// The shape of a defect: its coverage of each point of the scene.
enum DefectShape {
    /// A curved line of points, each with its half-width.
    case stroke(points: [SIMD2<Float>], halfWidth: Float)
    /// A disc with a ragged edge.
    case blob(centre: SIMD2<Float>, radius: SIMD2<Float>, raggedness: Float, noise: Noise)

    /// A curve that wanders from `start`, `length` long.
    static func wandering(
        from start: SIMD2<Float>, length: Float, direction: Float, curl: Float, halfWidth: Float,
        _ generator: inout SplitMix64
    ) -> DefectShape {
        var points = [start], heading = direction, bend = generator.uniform(-curl, curl)
        let steps = max(4, Int(length / 3))
        for _ in 0..<steps {
            bend += generator.uniform(-curl, curl) * 0.35
            heading += bend * 0.12
            let last = points[points.count - 1]
            points.append(last + SIMD2(cos(heading), sin(heading)) * (length / Float(steps)))
        }
        return .stroke(points: points, halfWidth: halfWidth)
    }

    /// 0 outside, 1 well inside.
    func coverage(_ p: SIMD2<Float>) -> Float {
        switch self {
        case .stroke(_, let halfWidth):
            let (distance, along) = nearest(p)
            // Thinner towards both ends.
            let taper = halfWidth * (0.45 + 0.55 * ramp(0, 0.2, min(along, 1 - along)))
            return 1 - ramp(taper - 0.35, taper + 0.55, distance)
        case .blob(let centre, let radius, let raggedness, let noise):
            let d = (p - centre) / radius
            let length = (d.x * d.x + d.y * d.y).squareRoot()
            if length > 2 { return 0 }
            let edge = 1 + raggedness * (noise(p.x * 0.11, p.y * 0.11) + 0.5 * noise(p.x * 0.29, p.y * 0.29))
            return 1 - ramp(edge - 0.16, edge + 0.16, length)
        }
    }

    /// Bounds of the covered points.
    var bounds: (low: SIMD2<Float>, high: SIMD2<Float>) {
        switch self {
        case .stroke(let points, let halfWidth):
            var low = points[0], high = points[0]
            for point in points {
                low = pointwiseMin(low, point)
                high = pointwiseMax(high, point)
            }
            return (low - (halfWidth + 4), high + (halfWidth + 4))
        case .blob(let centre, let radius, _, _): return (centre - radius * 2, centre + radius * 2)
        }
    }

    /// Distance to the stroke, and the position along it (0…1).
    func nearest(_ p: SIMD2<Float>) -> (distance: Float, along: Float) {
        guard case .stroke(let points, _) = self else { return (.infinity, 0) }
        var best = (distance: Float.infinity, along: Float(0))
        for index in 1..<points.count {
            let a = points[index - 1], b = points[index]
            let ab = b - a, ap = p - a
            let t = min(1, max(0, (ab * ap).sum() / max(1e-6, (ab * ab).sum())))
            let d = ap - ab * t
            let distance = (d * d).sum().squareRoot()
            if distance < best.distance {
                best = (distance, (Float(index - 1) + t) / Float(points.count - 1))
            }
        }
        return best
    }
}
