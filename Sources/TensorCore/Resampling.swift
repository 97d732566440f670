import CKernels

/// Which points bilinear resampling keeps in place.
public enum Corners: Sendable {
    /// The corner pixels' centres map onto each other (`align_corners=True`).
    case aligned
    /// The picture's edges do (`align_corners=False`).
    case halfPixel
}

/// Bilinear resampling without antialiasing, `[N, H, W, C] → [N, height, width, C]`.
public func upsampleBilinear(_ x: Tensor, height: Int, width: Int, corners: Corners) -> Tensor {
    precondition(x.shape.rank == 4 && height > 0 && width > 0)
    var out = Tensor(zeros: [x.shape[0], height, width, x.shape[3]])
    ck_bilinear(
        x.values, Int32(x.shape[0]), Int32(x.shape[1]), Int32(x.shape[2]), Int32(x.shape[3]), Int32(height),
        Int32(width),
        corners == .aligned ? 1 : 0, &out.values)
    return out
}

/// Bilinear sampling at given places: zeros outside, corners not aligned (Jaderberg et al. 2015).
///
/// - Parameters:
///   - x: `[N, H, W, C]`
///   - grid: `[N, H', W', 2]`, each (x, y) in −1…1 from edge to edge
/// - Returns: `[N, H', W', C]`
public func gridSample(_ x: Tensor, _ grid: Tensor) -> Tensor {
    precondition(x.shape.rank == 4 && grid.shape.rank == 4 && grid.shape[3] == 2 && grid.shape[0] == x.shape[0])
    var out = Tensor(zeros: [x.shape[0], grid.shape[1], grid.shape[2], x.shape[3]])
    ck_grid_sample(
        x.values, Int32(x.shape[0]), Int32(x.shape[1]), Int32(x.shape[2]), Int32(x.shape[3]), grid.values,
        Int32(grid.shape[1]), Int32(grid.shape[2]), &out.values)
    return out
}
