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
    let from = x.shape
    return resampled(x, to: [x.shape[0], height, width, x.shape[3]]) { x, out, images in
        ck_bilinear(
            x, images, Int32(from[1]), Int32(from[2]), Int32(from[3]), Int32(height), Int32(width),
            corners == .aligned ? 1 : 0, out)
    }
}

/// Bilinear resampling, as for tensors. It can be differentiated any number of times: the map is linear.
public func upsampleBilinear(_ x: Variable, height: Int, width: Int, corners: Corners) -> Variable {
    Variable(
        upsampleBilinear(x.value, height: height, width: width, corners: corners),
        from: (x, { [shape = x.shape] g, _ in resamplingGradient(g, of: shape, corners) }))
}

/// The gradient with respect to a resampling's input, of shape `shape`.
private func resamplingGradient(_ g: Variable, of shape: Shape, _ corners: Corners) -> Variable {
    let (height, width) = (g.shape[1], g.shape[2])
    let out = resampled(g.value, to: shape) { g, out, images in
        out.update(repeating: 0, count: Int(images) * shape[1] * shape[2] * shape[3])
        ck_bilinear_gradient(
            g, images, Int32(shape[1]), Int32(shape[2]), Int32(shape[3]), Int32(height), Int32(width),
            corners == .aligned ? 1 : 0, out)
    }
    return Variable(
        out, from: (g, { v, _ in upsampleBilinear(v, height: height, width: width, corners: corners) }))
}

/// A tensor of this shape from one of as many images, some images on each core.
func resampled(
    _ x: Tensor, to shape: Shape,
    _ kernel: (_ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ images: Int32) -> Void
) -> Tensor {
    Tensor(shape: shape) { out in
        x.values.withUnsafeBufferPointer { x in
            let (from, to) = (x.count / shape[0], shape.count / shape[0])
            Cores.share(shape[0], grain: max(1, 16_384 / max(from, to))) { images in
                let first = images.lowerBound
                kernel(x.baseAddress! + first * from, out + first * to, Int32(images.count))
            }
        }
    }
}
