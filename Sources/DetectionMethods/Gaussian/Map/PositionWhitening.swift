import CKernels

/// The whitening of a view's positions: lower triangles `[positions, channels · (channels + 1) / 2]`, row by row.
package enum PositionWhitening: Sendable {
    case exact([Float])
    /// As models are stored: a quarter of the memory, and of the time to read it, for each frame reads it all.
    case rounded(RoundedTriangles)
}

/// Triangles with eight bits a value (`ck_round_triangles`): distances differ from the exact ones by a thousandth.
package struct RoundedTriangles: Sendable {
    /// The triangles, and as many further bytes as a kernel may read.
    let values: [Int8]
    /// `[positions, groups]`, the upper halves of floats.
    let scales: [UInt16]

    static func groups(channels: Int) -> Int { Int(ck_rounded_groups(Int32(channels))) }

    /// - Parameter values: of the triangles alone.
    init(values: [Int8], scales: [UInt16]) {
        self.values = values + [Int8](repeating: 0, count: Int(ck_rounded_group))
        self.scales = scales
    }

    init(_ triangles: [Float], positions: Int, channels: Int) {
        var values = [Int8](repeating: 0, count: triangles.count)
        var scales = [UInt16](repeating: 0, count: positions * Self.groups(channels: channels))
        var row = [Float](repeating: 0, count: channels)
        ck_round_triangles(triangles, Int32(positions), Int32(channels), &values, &scales, &row)
        self.init(values: values, scales: scales)
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
            ck_rounded_distances(
                features, mean, rounded.values, rounded.scales, Int32(positions), Int32(channels), &out)
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
            ck_rounded_triangles(rounded.values, rounded.scales, Int32(positions), Int32(channels), &out)
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
