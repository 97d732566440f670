import CKernels

/// The geometry of a dense convolution's windows.
struct DenseWindows {
    let kernel, stride, groups: Int
    let vertical, horizontal: (before: Int, total: Int)
}

extension PlanCompiler {
    /// The bias of a convolution with its tail, zeros if it has none.
    func biasBuffer(_ tail: FusedTail) -> FloatBuffer { FloatBuffer(biases(tail)) }

    private func biases(_ tail: FusedTail) -> [Float] {
        tail.bias ?? [Float](repeating: 0, count: channels(of: tail.last))
    }

    /// `act(a)`, or `act(a + b)`.
    mutating func appendSum(of maps: [NodeID], _ activation: ck_function, for last: NodeID) {
        let buffers = maps.map { value(of: $0).buffer }, output = makeValue(last)
        append(
            AddStep(
                a: buffers[0], b: buffers.count > 1 ? buffers[1] : nil, count: output.pixels * output.channels,
                activation: activation, output: output.buffer),
            for: last)
        maps.forEach { release($0) }
    }

    /// A dense convolution as matrix products, one for each group.
    /// - Parameters:
    ///   - weights: `[kernel, kernel, input channels / groups, output channels]`, scaled.
    ///   - gate: the node whose value for each input channel goes into the weights of every frame.
    mutating func appendProducts(
        _ input: PlanValue, _ output: PlanValue, _ windows: DenseWindows, weights: [Float], _ tail: FusedTail,
        gate: NodeID?
    ) {
        let (groupInputs, groupOutputs) = (input.channels / windows.groups, output.channels / windows.groups)
        let layout = rowLayout(input, windows, output), depth = layout.taps * layout.depth
        let residual = tail.residual.map { value(of: $0).buffer }, biases = biases(tail)
        for group in 0..<windows.groups {
            let range = group * groupOutputs..<(group + 1) * groupOutputs
            var packed = Self.packed(weights, depth: depth, columns: range, of: output.channels)
            if let gate {
                packed = appendGate(value(of: gate).buffer, on: packed, depth: depth, columns: groupOutputs)
            }
            let bias = FloatBuffer(Array(biases[range]))
            var gemm = ck_gemm()
            gemm.row_count = Int32(output.pixels)
            gemm.a = UnsafePointer(layout.base + group * groupInputs)
            gemm.lda = layout.stride
            (gemm.taps, gemm.c, gemm.n) = (Int32(layout.taps), Int32(layout.depth), Int32(groupOutputs))
            gemm.packed = UnsafePointer(packed.pointer)
            gemm.bias = UnsafePointer(bias.pointer)
            gemm.out = output.buffer.pointer + range.lowerBound
            gemm.ldo = output.channels
            gemm.activation = Int32(tail.activation.rawValue)
            if let residual { (gemm.residual, gemm.ldr) = (UnsafePointer(residual.pointer), output.channels) }
            let table = layout.isContiguous ? nil : layout.makeTable(group * groupInputs, UnsafePointer(zeros.pointer))
            append(
                ConvolutionStep(
                    gemm: gemm, rows: output.pixels, rowTable: table,
                    keepAlive: [packed, bias, input.buffer, output.buffer, zeros, layout.owner]),
                for: tail.last)
        }
    }

    /// Some columns of a matrix `[depth, count]`, packed for the product.
    private static func packed(_ weights: [Float], depth: Int, columns: Range<Int>, of count: Int) -> FloatBuffer {
        let chosen =
            columns.count == count
            ? weights
            : (0..<depth).flatMap { weights[$0 * count + columns.lowerBound..<$0 * count + columns.upperBound] }
        let packed = FloatBuffer(ck_gemm_packed_count(Int32(depth), Int32(columns.count)))
        ck_gemm_pack(chosen, Int32(depth), Int32(columns.count), packed.pointer)
        return packed
    }

    /// The step that multiplies packed weights by a gate.
    /// - Returns: the buffer that it writes.
    private mutating func appendGate(
        _ gate: FloatBuffer, on packed: FloatBuffer, depth: Int, columns: Int
    ) -> FloatBuffer {
        let scaled = FloatBuffer(packed.capacity)
        append(
            preparing: GateWeightsStep(packed: packed, gate: gate, output: scaled, depth: depth, columns: columns))
        return scaled
    }

    private mutating func rowLayout(_ input: PlanValue, _ windows: DenseWindows, _ output: PlanValue) -> RowLayout {
        let (top, left) = (windows.vertical, windows.horizontal)
        let geometry = RowLayout.Geometry(
            height: input.height, width: input.width, channels: input.channels, outputHeight: output.height,
            outputWidth: output.width, kernel: windows.kernel, stride: windows.stride, top: top.before,
            left: left.before)
        // Few channels (the image itself): pad once, and a window's row is one contiguous run of kernel × channels.
        if windows.kernel > 1, windows.groups == 1, input.channels <= 4 {
            let height = input.height + top.total, width = input.width + left.total
            let padded = FloatBuffer(height * width * input.channels)
            append(
                preparing: PadStep(
                    input: input.buffer, size: (input.height, input.width), channels: input.channels, output: padded,
                    top: top.before, left: left.before, paddedWidth: width))
            return .windowRows(geometry, padded, paddedWidth: width)
        }
        return .taps(geometry, input.buffer, depth: input.channels / windows.groups)
    }

    /// A 3×3 convolution by minimal filtering.
    mutating func appendMinimalFiltering(
        _ input: PlanValue, _ output: PlanValue, weights: [Float], _ tail: FusedTail
    ) {
        let counts = [input, output].map { WinogradConvolution.transformCount(input, channels: $0.channels) }
        withScratch(counts) { plan, scratch in
            let convolution = WinogradConvolution(
                input: input, output: output, weights: weights, bias: plan.biasBuffer(tail),
                residual: tail.residual.map { plan.value(of: $0).buffer }, activation: tail.activation,
                transformed: scratch[0], products: scratch[1])
            for step in convolution.steps { plan.append(step, for: tail.last) }
        }
    }
}
