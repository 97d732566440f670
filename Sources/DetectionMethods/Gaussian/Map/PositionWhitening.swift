import CKernels
import LinuxPlatform

/// The whitening of a view's positions: lower triangles `[positions, channels · (channels + 1) / 2]`, row by row.
package enum PositionWhitening: Sendable {
    case exact([Float])
    /// As models are stored: a quarter of the memory, and of the time to read it, for each frame reads it all.
    case rounded(RoundedTriangles)
}

/// Triangles with eight bits a value (`ck_round_triangles`): distances differ from the exact ones by a thousandth.
package struct RoundedTriangles: Sendable {
    let valueCount, scaleCount: Int
    /// The values with as many further bytes as a kernel may read, then the scales.
    private let pages: PageBytes
    private let firstScale: Int

    static func groups(channels: Int) -> Int { Int(ck_rounded_groups(Int32(channels))) }

    /// `[positions, channels · (channels + 1) / 2]`
    var values: UnsafePointer<Int8> {
        UnsafePointer(pages.start.assumingMemoryBound(to: Int8.self))
    }

    /// `[positions, groups]`, the upper halves of floats.
    var scales: UnsafePointer<UInt16> {
        UnsafePointer((pages.start + firstScale).assumingMemoryBound(to: UInt16.self))
    }

    /// - Parameter fill: writes all values and scales.
    init(
        positions: Int, channels: Int,
        fill: (_ values: UnsafeMutablePointer<Int8>, _ scales: UnsafeMutablePointer<UInt16>) -> Void
    ) {
        valueCount = positions * channels * (channels + 1) / 2
        scaleCount = positions * Self.groups(channels: channels)
        let alignment = MemoryLayout<UInt16>.alignment
        firstScale = (valueCount + Int(ck_rounded_group) + alignment - 1) / alignment * alignment
        pages = PageBytes(count: firstScale + scaleCount * MemoryLayout<UInt16>.stride)
        fill(
            pages.start.bindMemory(to: Int8.self, capacity: firstScale),
            (pages.start + firstScale).bindMemory(to: UInt16.self, capacity: scaleCount))
    }

    init(_ triangles: [Float], positions: Int, channels: Int) {
        var row = [Float](repeating: 0, count: channels)
        self.init(positions: positions, channels: channels) { values, scales in
            ck_round_triangles(triangles, Int32(positions), Int32(channels), values, scales, &row)
        }
    }
}

extension PositionGaussians {
    /// The same Gaussians as models store them.
    func rounded() -> PositionGaussians {
        PositionGaussians(
            taps: taps, height: height, width: width, channels: channels, views: views.map { $0.rounded() },
            deviations: deviations)
    }
}

extension PositionGaussians.View {
    /// The Mahalanobis distance of each position's features.
    /// - Parameter features: `[positions, channels]`.
    func distances(_ features: [Float]) -> [Float] {
        var out = [Float](repeating: 0, count: positions)
        switch whitening {
        case .exact(let triangles):
            ck_position_distances(features, mean, triangles, Int32(positions), Int32(channels), &out)
        case .rounded(let rounded):
            withExtendedLifetime(rounded) {
                ck_rounded_distances(
                    features, mean, rounded.values, rounded.scales, Int32(positions), Int32(channels), &out)
            }
        }
        return out
    }

    /// The whitened differences from the means, `[positions, channels]`: their lengths are the distances.
    func whitened(_ features: [Float]) -> [Float] {
        var out = [Float](repeating: 0, count: features.count)
        ck_position_whiten(features, mean, triangles, Int32(positions), Int32(channels), &out)
        return out
    }

    /// The triangles as floats.
    var triangles: [Float] {
        switch whitening {
        case .exact(let triangles): return triangles
        case .rounded(let rounded):
            var out = [Float](repeating: 0, count: positions * channels * (channels + 1) / 2)
            withExtendedLifetime(rounded) {
                ck_rounded_triangles(rounded.values, rounded.scales, Int32(positions), Int32(channels), &out)
            }
            return out
        }
    }

    func rounded() -> PositionGaussians.View {
        guard case .exact(let triangles) = whitening else { return self }
        return PositionGaussians.View(
            extent: extent, height: height, width: width, channels: channels, mean: mean,
            whitening: .rounded(RoundedTriangles(triangles, positions: positions, channels: channels)), usual: usual)
    }
}
