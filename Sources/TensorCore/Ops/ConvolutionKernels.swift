import CKernels

/// The three maps on tensors: as one matrix product for 1×1 windows, as kernels for one filter per channel, and
/// otherwise as products with the unrolled input ("im2col"), a block of rows at a time.
extension ConvolutionForm {
    private var isPointwise: Bool {
        window.height == 1 && window.width == 1 && window.stride == 1 && window.padding == Padding() && groups == 1
    }
    private var isDepthwise: Bool { groups > 1 && groups == inputShape[3] && groups == weightsShape[3] }
    private var channels: Int { inputShape[3] }
    private var outputs: Int { weightsShape[3] }
    private var groupOutputs: Int { outputs / groups }
    /// Rows of an unrolled window: kernel height · kernel width · input channels of a group.
    private var depth: Int { weightsShape.count / outputs }
    private var pixels: Int { outputShape[0] * outputShape[1] * outputShape[2] }
    private var geometry: ck_window { window.geometry(inputShape) }

    func output(_ x: Tensor, _ w: Tensor) -> Tensor {
        access(x, w, outputShape) { x, w, out in
            if isPointwise {
                multiplyShared(
                    MatrixView(pointer: x, stride: channels), MatrixView(pointer: w, stride: outputs), rows: pixels,
                    columns: outputs, depth: channels, into: out, stride: outputs)
            } else if isDepthwise {
                shareRows(of: outputShape, ck_depthwise_output, x, w, out)
            } else {
                forEachBlock { rows, _, columns in
                    let offset = rows.lowerBound * outputShape[2] * outputs
                    for group in 0..<groups {
                        unroll(x, rows, group, columns)
                        multiply(
                            MatrixView(pointer: columns, stride: depth),
                            MatrixView(pointer: w + group * groupOutputs, stride: outputs),
                            rows: rows.count * outputShape[2], columns: groupOutputs, depth: depth,
                            into: out + offset + group * groupOutputs, stride: outputs)
                    }
                }
            }
        }
    }

    func inputGradient(_ g: Tensor, _ w: Tensor) -> Tensor {
        access(g, w, inputShape) { g, w, out in
            if isPointwise {
                multiplyShared(
                    MatrixView(pointer: g, stride: outputs),
                    MatrixView(pointer: w, stride: outputs, isTransposed: true), rows: pixels, columns: channels,
                    depth: outputs, into: out, stride: channels)
            } else if isDepthwise {
                shareRows(of: inputShape, ck_depthwise_input_gradient, g, w, out)
            } else {
                rollBack(g, w, into: out)
            }
        }
    }

    func weightsGradient(_ x: Tensor, _ g: Tensor) -> Tensor {
        access(x, g, weightsShape) { x, g, out in
            if isPointwise {
                multiplyShared(
                    MatrixView(pointer: x, stride: channels, isTransposed: true),
                    MatrixView(pointer: g, stride: outputs), rows: channels, columns: outputs, depth: pixels,
                    into: out, stride: outputs)
            } else if isDepthwise {
                Cores.share(channels, grain: 16) { part in
                    withUnsafePointer(to: geometry) {
                        ck_depthwise_weights_gradient(x, g, $0, Int32(part.lowerBound), Int32(part.upperBound), out)
                    }
                }
            } else {
                sumOverBlocks(x, g, into: out)
            }
        }
    }

    /// One image at a time, because neighbouring rows of windows overlap in the input.
    private func rollBack(
        _ g: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>
    ) {
        out.update(repeating: 0, count: inputShape.count)
        let rows = outputShape[1], pixels = rows * outputShape[2]
        Cores.share(outputShape[0], grain: 1) { images in
            withScratch(pixels * depth) { columns in
                for image in images {
                    for group in 0..<groups {
                        let first = group * groupOutputs
                        // Shared out when there is but one image; otherwise the cores are taken already.
                        multiplyShared(
                            MatrixView(pointer: g + image * pixels * outputs + first, stride: outputs),
                            MatrixView(pointer: w + first, stride: outputs, isTransposed: true), rows: pixels,
                            columns: depth, depth: groupOutputs, into: columns, stride: depth)
                        withUnsafePointer(to: geometry) {
                            ck_roll(
                                columns, $0, Int32(image * rows), Int32((image + 1) * rows),
                                Int32(group * channels / groups), Int32(channels / groups), out)
                        }
                    }
                }
            }
        }
    }

    /// Each core sums over its blocks of rows; then the cores' sums are added up in order.
    private func sumOverBlocks(
        _ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>
    ) {
        let count = weightsShape.count
        withScratch(Cores.count * count) { sums in
            sums.update(repeating: 0, count: Cores.count * count)
            forEachBlock { rows, part, columns in
                let offset = rows.lowerBound * outputShape[2] * outputs
                for group in 0..<groups {
                    unroll(x, rows, group, columns)
                    multiply(
                        MatrixView(pointer: columns, stride: depth, isTransposed: true),
                        MatrixView(pointer: g + offset + group * groupOutputs, stride: outputs), rows: depth,
                        columns: groupOutputs, depth: rows.count * outputShape[2], accumulating: true,
                        into: sums + part * count + group * groupOutputs, stride: outputs)
                }
            }
            out.update(from: sums, count: count)
            for part in 1..<Cores.count { ck_add(out, sums + part * count, count, out) }
        }
    }

    /// Calls `body` with blocks of the output's rows (counted over all images) and the core's scratch for them
    /// unrolled.
    private func forEachBlock(_ body: (_ rows: Range<Int>, _ part: Int, _ columns: UnsafeMutablePointer<Float>) -> Void)
    {
        let rows = outputShape[0] * outputShape[1], width = outputShape[2]
        // Products over some thousand pixels run at full speed; more would only take memory.
        let blockRows = min(max(1, 1024 / width), rows)
        Cores.run(parts: Cores.count) { part in
            let begin = rows * part / Cores.count, end = rows * (part + 1) / Cores.count
            withScratch(blockRows * width * depth) { columns in
                for first in stride(from: begin, to: end, by: blockRows) {
                    body(first..<min(end, first + blockRows), part, columns)
                }
            }
        }
    }

    private func unroll(
        _ x: UnsafePointer<Float>, _ rows: Range<Int>, _ group: Int, _ columns: UnsafeMutablePointer<Float>
    ) {
        withUnsafePointer(to: geometry) {
            ck_unroll(
                x, $0, Int32(rows.lowerBound), Int32(rows.upperBound), Int32(group * channels / groups),
                Int32(channels / groups), columns)
        }
    }

    /// Runs a depthwise kernel over rows (counted over all images) of its result, on all cores.
    private func shareRows(
        of result: Shape, _ kernel: DepthwiseKernel, _ a: UnsafePointer<Float>, _ w: UnsafePointer<Float>,
        _ out: UnsafeMutablePointer<Float>
    ) {
        Cores.share(result[0] * result[1], grain: max(1, 16_384 / (result[2] * result[3]))) { rows in
            withUnsafePointer(to: geometry) { kernel(a, $0, w, Int32(rows.lowerBound), Int32(rows.upperBound), out) }
        }
    }

    private typealias DepthwiseKernel = (
        UnsafePointer<Float>?, UnsafePointer<ck_window>?, UnsafePointer<Float>?, Int32, Int32,
        UnsafeMutablePointer<Float>?
    ) -> Void

    private func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
        let scratch = UnsafeMutablePointer<Float>.allocate(capacity: count)
        defer { scratch.deallocate() }
        body(scratch)
    }

    private func access(
        _ a: Tensor, _ b: Tensor, _ result: Shape,
        _ body: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) -> Tensor {
        Tensor(shape: result) { out in
            a.values.withUnsafeBufferPointer { a in
                b.values.withUnsafeBufferPointer { b in body(a.baseAddress!, b.baseAddress!, out) }
            }
        }
    }
}
