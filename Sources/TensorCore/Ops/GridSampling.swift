import CKernels

/// Bilinear sampling at given positions: zeros outside, corners not aligned (Jaderberg et al. 2015), with gradients to
/// the sampled map and to the positions. It can be differentiated once.
///
/// - Parameters:
///   - x: `[N, H, W, C]`, or `[1, H, W, C]` that every image of the grid samples.
///   - grid: `[N, H', W', 2]`, each (x, y) in −1…1 from edge to edge
/// - Returns: `[N, H', W', C]`
package func gridSample(_ x: Variable, _ grid: Variable) -> Variable {
    let sampling = GridSampling(x.value, grid.value)
    let (tracksMap, tracksGrid) = (x.isTracked, grid.isTracked)
    return Variable(sampling.output, fusedFrom: [x, grid]) { g in
        [tracksMap ? sampling.mapGradient(g) : nil, tracksGrid ? sampling.gridGradient(g) : nil]
    }
}

/// A map and the positions at which it is sampled.
private struct GridSampling {
    let map, grid: Tensor
    private let sizes: ck_grid_sampling

    init(_ map: Tensor, _ grid: Tensor) {
        precondition(
            map.shape.rank == 4 && grid.shape.rank == 4 && grid.shape[3] == 2
                && (map.shape[0] == grid.shape[0] || map.shape[0] == 1), "sampling \(map.shape) at \(grid.shape)")
        (self.map, self.grid) = (map, grid)
        let pixels = map.shape[1] * map.shape[2]
        sizes = ck_grid_sampling(
            n: Int32(grid.shape[0]), h: Int32(map.shape[1]), w: Int32(map.shape[2]), c: Int32(map.shape[3]),
            places: Int32(grid.shape[1] * grid.shape[2]), step: map.shape[0] == 1 ? 0 : pixels * map.shape[3])
    }

    var output: Tensor {
        let shape: Shape = [grid.shape[0], grid.shape[1], grid.shape[2], map.shape[3]]
        return Tensor(shape: shape) { out in
            sharePlaces { sizes, begin, end in ck_grid_sample(map.values, sizes, grid.values, begin, end, out) }
        }
    }

    func gridGradient(_ g: Tensor) -> Tensor {
        Tensor(shape: grid.shape) { out in
            sharePlaces { sizes, begin, end in
                ck_grid_sample_grid_gradient(map.values, g.values, sizes, grid.values, begin, end, out)
            }
        }
    }

    /// Shared out by channels: positions are arbitrary, so any two of them may add to the same element of the map.
    func mapGradient(_ g: Tensor) -> Tensor {
        Tensor(shape: map.shape) { out in
            out.update(repeating: 0, count: map.shape.count)
            Cores.share(map.shape[3], grain: 32) { channels in
                withUnsafePointer(to: sizes) { sizes in
                    ck_grid_sample_map_gradient(
                        g.values, sizes, grid.values, Int32(channels.lowerBound), Int32(channels.upperBound), out)
                }
            }
        }
    }

    /// Calls `body` with ranges of positions, counted over all images, on all cores.
    private func sharePlaces(_ body: (UnsafePointer<ck_grid_sampling>, Int32, Int32) -> Void) {
        Cores.share(Int(sizes.n * sizes.places), grain: max(1, 16_384 / map.shape[3])) { places in
            withUnsafePointer(to: sizes) { body($0, Int32(places.lowerBound), Int32(places.upperBound)) }
        }
    }
}
