import CKernels

/// Rows and columns of zeros around an image.
package struct Padding: Sendable, Equatable {
    package var top, left, bottom, right: Int

    package init(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) {
        (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
    }

    /// The same on every side.
    package static func all(_ size: Int) -> Padding { Padding(top: size, left: size, bottom: size, right: size) }
}

/// Geometry of a sliding window.
package struct Window: Sendable, Equatable {
    package var height, width, stride, dilation: Int
    package var padding: Padding

    package init(_ height: Int, _ width: Int, stride: Int = 1, dilation: Int = 1, padding: Padding = Padding()) {
        precondition(height > 0 && width > 0 && stride > 0 && dilation > 0)
        (self.height, self.width, self.stride, self.dilation) = (height, width, stride, dilation)
        self.padding = padding
    }

    /// Output height and width for an input of `[N, H, W, C]`.
    package func outputSize(of shape: Shape) -> (height: Int, width: Int) {
        (
            (shape[1] + padding.top + padding.bottom - dilation * (height - 1) - 1) / stride + 1,
            (shape[2] + padding.left + padding.right - dilation * (width - 1) - 1) / stride + 1
        )
    }

    /// The kernels' description of this window over `shape`.
    func geometry(_ shape: Shape) -> ck_window {
        let size = outputSize(of: shape)
        precondition(shape.rank == 4 && size.height > 0 && size.width > 0, "window \(self) over \(shape)")
        return ck_window(
            n: Int32(shape[0]), h: Int32(shape[1]), w: Int32(shape[2]), c: Int32(shape[3]), kernel_h: Int32(height),
            kernel_w: Int32(width), stride: Int32(stride), dilation: Int32(dilation), top: Int32(padding.top),
            left: Int32(padding.left), oh: Int32(size.height), ow: Int32(size.width))
    }
}
