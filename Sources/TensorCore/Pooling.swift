import CKernels

/// Mean over windows; padding counts as zeros and in the divisor (`count_include_pad`).
public func averagePool(_ x: Tensor, _ window: Window) -> Tensor {
    var geometry = window.geometry(x.shape)
    var out = Tensor(zeros: [x.shape[0], Int(geometry.oh), Int(geometry.ow), x.shape[3]])
    ck_average_pool(x.values, &geometry, &out.values)
    return out
}

/// Maximum over windows; padding does not count.
public func maxPool(_ x: Tensor, _ window: Window) -> Tensor {
    var geometry = window.geometry(x.shape)
    var out = Tensor(zeros: [x.shape[0], Int(geometry.oh), Int(geometry.ow), x.shape[3]])
    ck_maximum_pool(x.values, &geometry, &out.values)
    return out
}

/// Mean over all positions, `[N, H, W, C] → [N, C]`.
public func globalAveragePool(_ x: Tensor) -> Tensor {
    let (channels, pixels) = (x.shape[3], x.shape[1] * x.shape[2])
    var out = Tensor(zeros: [x.shape[0], channels])
    for image in 0..<x.shape[0] {
        x.values.withUnsafeBufferPointer { x in
            out.values.withUnsafeMutableBufferPointer { out in
                ck_column_means(
                    x.baseAddress! + image * pixels * channels, pixels, Int32(channels),
                    out.baseAddress! + image * channels)
            }
        }
    }
    return out
}

/// Cosine of the angle between `a` and `b` along channels, `[…, C] → […]`; norms are held at 1e-8 or above.
public func cosineSimilarity(_ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(a.shape == b.shape)
    let channels = a.shape.dimensions.last ?? 1
    var out = Tensor(zeros: Shape(Array(a.shape.dimensions.dropLast())))
    ck_cosine_rows(a.values, b.values, out.values.count, Int32(channels), 1e-8, &out.values)
    return out
}
