import CKernels

/// Mean over windows; padding counts as zeros and in the divisor (`count_include_pad`).
public func averagePool(_ x: Tensor, _ window: Window) -> Tensor {
    let geometry = window.geometry(x.shape)
    return resampled(x, to: window.outputShape(of: x.shape)) { x, out, images in
        withUnsafePointer(to: geometry.with(images)) { ck_average_pool(x, $0, out) }
    }
}

/// Mean over windows, as for tensors. It can be differentiated any number of times: the map is linear.
public func averagePool(_ x: Variable, _ window: Window) -> Variable {
    Variable(
        averagePool(x.value, window),
        from: (x, { [shape = x.shape] g, _ in averagePoolGradient(g, of: shape, window) }))
}

private func averagePoolGradient(_ g: Variable, of shape: Shape, _ window: Window) -> Variable {
    let geometry = window.geometry(shape)
    let out = resampled(g.value, to: shape) { g, out, images in
        withUnsafePointer(to: geometry.with(images)) { ck_average_pool_gradient(g, $0, out) }
    }
    return Variable(out, from: (g, { v, _ in averagePool(v, window) }))
}

/// Maximum over windows; padding does not count.
public func maxPool(_ x: Tensor, _ window: Window) -> Tensor {
    let geometry = window.geometry(x.shape)
    return resampled(x, to: window.outputShape(of: x.shape)) { x, out, images in
        withUnsafePointer(to: geometry.with(images)) { ck_maximum_pool(x, $0, out) }
    }
}

/// Maximum over windows, as for tensors; the gradient goes to the first of equal maxima. It can be differentiated once.
public func maxPool(_ x: Variable, _ window: Window) -> Variable {
    let input = x.value, geometry = window.geometry(input.shape), channels = input.shape[3]
    return Variable(maxPool(input, window), fusedFrom: [x]) { g in
        let gradient = Tensor(shape: input.shape) { out in
            Cores.share(channels, grain: 16) { part in
                withUnsafePointer(to: geometry) {
                    ck_maximum_pool_gradient(
                        input.values, g.values, $0, Int32(part.lowerBound), Int32(part.upperBound), out)
                }
            }
        }
        return [gradient]
    }
}

/// Mean over all positions, `[N, H, W, C] → [N, C]`.
public func globalAveragePool(_ x: Tensor) -> Tensor {
    let (images, pixels, channels) = (x.shape[0], x.shape[1] * x.shape[2], x.shape[3])
    let repeated = Repetition(of: [images, 1, 1, channels], in: x.shape)
    return repeated.contract(x, nil, scale: 1 / Float(pixels)).reshaped([images, channels])
}

/// Mean over all positions, `[N, H, W, C] → [N, C]`. It can be differentiated any number of times.
public func globalAveragePool(_ x: Variable) -> Variable { mean(x, axes: 1...2) }

extension Window {
    fileprivate func outputShape(of shape: Shape) -> Shape {
        let size = outputSize(of: shape)
        return [shape[0], size.height, size.width, shape[3]]
    }
}

extension ck_window {
    /// The same window over another number of images.
    fileprivate func with(_ images: Int32) -> ck_window {
        var copy = self
        copy.n = images
        return copy
    }
}
