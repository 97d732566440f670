import CKernels

/// Mean over windows; padding counts as zeros and in the divisor (`count_include_pad`). It can be differentiated any
/// number of times: the map is linear.
package func averagePool(_ x: Variable, _ window: Window) -> Variable {
    let geometry = window.geometry(x.shape)
    let out = pooled(x.value, to: window.outputShape(of: x.shape)) { x, out, images in
        withUnsafePointer(to: geometry.with(images)) { ck_average_pool(x, $0, out) }
    }
    return Variable(out, from: (x, { [shape = x.shape] g, _ in averagePoolGradient(g, of: shape, window) }))
}

private func averagePoolGradient(_ g: Variable, of shape: Shape, _ window: Window) -> Variable {
    let geometry = window.geometry(shape)
    let out = pooled(g.value, to: shape) { g, out, images in
        withUnsafePointer(to: geometry.with(images)) { ck_average_pool_gradient(g, $0, out) }
    }
    return Variable(out, from: (g, { v, _ in averagePool(v, window) }))
}

/// Maximum over windows; padding does not count. The gradient goes to the first of equal maxima. It can be
/// differentiated once.
package func maxPool(_ x: Variable, _ window: Window) -> Variable {
    let input = x.value, geometry = window.geometry(input.shape), channels = input.shape[3]
    let out = pooled(input, to: window.outputShape(of: input.shape)) { x, out, images in
        withUnsafePointer(to: geometry.with(images)) { ck_maximum_pool(x, $0, out) }
    }
    return Variable(out, fusedFrom: [x]) { g in
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

/// Mean over all positions, `[N, H, W, C] → [N, C]`. It can be differentiated any number of times.
package func globalAveragePool(_ x: Variable) -> Variable { mean(x, axes: 1...2) }

/// A tensor of this shape from one of as many images, some images on each core.
private func pooled(
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
