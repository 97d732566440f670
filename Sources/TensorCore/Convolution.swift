import CKernels
import COpenBLAS

/// Rows and columns of zeros around a picture.
public struct Padding: Sendable, Equatable {
    public var top, left, bottom, right: Int

    public init(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) {
        (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
    }

    /// The same on every side.
    public static func all(_ size: Int) -> Padding { Padding(top: size, left: size, bottom: size, right: size) }
}

/// Geometry of a sliding window.
public struct Window: Sendable, Equatable {
    public var height, width, stride, dilation: Int
    public var padding: Padding

    public init(_ height: Int, _ width: Int, stride: Int = 1, dilation: Int = 1, padding: Padding = Padding()) {
        precondition(height > 0 && width > 0 && stride > 0 && dilation > 0)
        (self.height, self.width, self.stride, self.dilation) = (height, width, stride, dilation)
        self.padding = padding
    }

    /// Output height and width for an input of `[N, H, W, C]`.
    public func outputSize(of shape: Shape) -> (height: Int, width: Int) {
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

/// 2-D convolution (cross-correlation, as every framework means it).
///
/// - Parameters:
///   - x: `[N, H, W, C]`
///   - weights: `[kernel height, kernel width, C / groups, O]`
///   - bias: `[O]`, or nil
/// - Returns: `[N, H', W', O]`
public func conv2d(
    _ x: Tensor, _ weights: Tensor, bias: Tensor? = nil, stride: Int = 1, dilation: Int = 1,
    padding: Padding = Padding(),
    groups: Int = 1
) -> Tensor {
    let (kernelHeight, kernelWidth) = (weights.shape[0], weights.shape[1])
    let (channels, outputs) = (x.shape[3], weights.shape[3])
    precondition(
        channels == weights.shape[2] * groups && outputs.isMultiple(of: groups), "\(x.shape) by \(weights.shape)")
    let window = Window(kernelHeight, kernelWidth, stride: stride, dilation: dilation, padding: padding)
    var geometry = window.geometry(x.shape)
    let (height, width) = (Int(geometry.oh), Int(geometry.ow))
    var out = Tensor(zeros: [x.shape[0], height, width, outputs])
    if groups == channels && groups == outputs {
        ck_depthwise_forward(x.values, &geometry, weights.values, bias?.values, &out.values)
        return out
    }
    // im2col: one matrix product per image and group.
    let (groupInputs, groupOutputs) = (channels / groups, outputs / groups)
    let depth = kernelHeight * kernelWidth * groupInputs, pixels = height * width
    var columns = [Float](repeating: 0, count: pixels * depth)
    for image in 0..<x.shape[0] {
        for group in 0..<groups {
            ck_unroll(x.values, &geometry, Int32(image), Int32(group * groupInputs), Int32(groupInputs), &columns)
            out.values.withUnsafeMutableBufferPointer { out in
                weights.values.withUnsafeBufferPointer { weights in
                    sgemm(
                        rows: pixels, columns: groupOutputs, depth: depth, columns, depth,
                        weights.baseAddress! + group * groupOutputs, outputs,
                        out.baseAddress! + image * pixels * outputs + group * groupOutputs, outputs)
                }
            }
        }
    }
    if let bias { ck_add_row(&out.values, bias.values, out.values.count / outputs, Int32(outputs)) }
    return out
}

/// 2-D transposed convolution: the gradient of a convolution with respect to its input.
///
/// - Parameters:
///   - x: `[N, H, W, C]`
///   - weights: `[kernel height, kernel width, O, C]`: the layout of the convolution it is the transpose of
///   - bias: `[O]`, or nil
/// - Returns: `[N, (H−1)·stride − 2·padding + kernel, …, O]`
public func convTranspose2d(
    _ x: Tensor, _ weights: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0
) -> Tensor {
    let (kernelHeight, kernelWidth) = (weights.shape[0], weights.shape[1])
    let (channels, outputs) = (x.shape[3], weights.shape[2])
    precondition(weights.shape[3] == channels, "\(x.shape) by \(weights.shape)")
    let height = (x.shape[1] - 1) * stride - 2 * padding + kernelHeight
    let width = (x.shape[2] - 1) * stride - 2 * padding + kernelWidth
    var out = Tensor(zeros: [x.shape[0], height, width, outputs])
    var geometry = Window(kernelHeight, kernelWidth, stride: stride, padding: .all(padding)).geometry(out.shape)
    let pixels = x.shape[1] * x.shape[2], depth = kernelHeight * kernelWidth * outputs
    var columns = [Float](repeating: 0, count: pixels * depth)
    for image in 0..<x.shape[0] {
        x.values.withUnsafeBufferPointer { x in
            // columns[pixels, kh·kw·O] = x[pixels, C] · weightsᵀ
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, Int32(pixels), Int32(depth), Int32(channels), 1,
                x.baseAddress! + image * pixels * channels, Int32(channels), weights.values, Int32(channels), 0,
                &columns,
                Int32(depth))
        }
        out.values.withUnsafeMutableBufferPointer { out in
            ck_roll(columns, &geometry, 0, Int32(outputs), out.baseAddress! + image * height * width * outputs)
        }
    }
    if let bias { ck_add_row(&out.values, bias.values, out.values.count / outputs, Int32(outputs)) }
    return out
}

/// out[rows, columns] = a[rows, depth] · b[depth, columns], row-major with leading dimensions.
func sgemm(
    rows: Int, columns: Int, depth: Int, _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int,
    _ out: UnsafeMutablePointer<Float>, _ ldo: Int
) {
    cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(depth), 1, a, Int32(lda), b,
        Int32(ldb), 0, out, Int32(ldo))
}
