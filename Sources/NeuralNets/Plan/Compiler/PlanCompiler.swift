import CKernels
import TensorCore

/// Derives the steps of an `InferencePlan` from a network: batch norms are folded into the convolution before them,
/// shortcuts and activations fused into its epilogue, squeeze-excitation gates into the weights behind them, pools into
/// the depthwise convolution before them; buffers are shared between maps that do not live at the same time.
struct PlanCompiler {
    struct Value {
        let buffer: FloatBuffer
        let rows, columns: GridAxis
        let channels: Int
        var height: Int { rows.count }
        var width: Int { columns.count }
        var pixels: Int { height * width }
    }

    let graph: NetworkGraph
    private let needed: [Int]
    private let outputs: Set<Int>
    private let grids: [(rows: GridAxis, columns: GridAxis)]
    private let members: Int
    private var consumers: [Int: [Int]] = [:]
    /// Reads still to come of a node's buffer; a tap has one that never comes.
    private var pendingReads: [Int: Int] = [:]
    private var arena = BufferArena()
    private var producers: [Int: any PlanStep] = [:]
    /// Gates that wait for the 1×1 convolution that takes them in: node → (map, gate).
    private var gated: [Int: (map: Int, gate: Int)] = [:]
    private var absorbed = Set<Int>()
    let zeros: FloatBuffer

    private(set) var steps: [any PlanStep] = []
    private(set) var values: [Int: Value] = [:]

    init(graph: NetworkGraph, height: Int, width: Int, outputs: [Int], members: Int) {
        self.graph = graph
        self.members = members
        self.outputs = Set(outputs)
        needed = graph.nodesNeeded(for: outputs)
        grids = graph.grids(height: height, width: width)
        for node in needed {
            for input in graph.nodes[node].inputs { consumers[input, default: []].append(node) }
        }
        zeros = FloatBuffer(graph.nodes.map(\.channels).max() ?? 1)
        for node in needed {
            pendingReads[node] = (consumers[node]?.count ?? 0) + (self.outputs.contains(node) ? 1 : 0)
        }
    }

    var bufferBytes: Int { arena.allocatedFloats * MemoryLayout<Float>.stride }

    mutating func compile() {
        for node in needed where !absorbed.contains(node) { compile(node) }
    }

    private mutating func compile(_ id: Int) {
        let node = graph.nodes[id]
        switch node.operation {
        case .input: values[id] = makeValue(id)
        case .convolution(let convolution):
            if convolution.isDepthwise { depthwise(id, convolution) } else { dense(id, convolution) }
        case .transposedConvolution(let convolution): transposed(id, convolution)
        case .averagePool(let kernel):
            let mean = NetworkGraph.Convolution(
                weights: Tensor(
                    repeating: 1 / Float(kernel * kernel), shape: Shape([kernel, kernel, 1, node.channels])),
                bias: nil, stride: kernel, padding: .fixed(0), groups: node.channels)
            depthwise(id, mean)
        case .batchNorm(let norm):
            let (scale, shift) = norm.folded
            let identity = NetworkGraph.Convolution(
                weights: Tensor(shape: [1, 1, 1, node.channels], values: scale), bias: shift, stride: 1,
                padding: .symmetric, groups: node.channels)
            depthwise(id, identity)
        case .activation(let kind): elementwise(id, node.inputs[0], nil, kind.kernelCode)
        case .add: elementwise(id, node.inputs[0], node.inputs[1], CK_ACT_NONE)
        case .globalAveragePool: pool(id)
        case .scaleChannels: scale(id)
        case .maxPool(let kernel, let stride, let padding):
            let input = value(of: node.inputs[0]), output = makeValue(id)
            append(
                MaxPoolStep(
                    input: input.buffer, size: (input.height, input.width), channels: input.channels,
                    window: (kernel, stride, padding), outputSize: (output.height, output.width), output: output.buffer),
                for: id)
            release(node.inputs[0])
        case .concatenate: concatenate(id)
        case .gridSample(let grid): sample(id, grid)
        case .unfold:
            // Another shape over the same memory; the source's last read is never counted, so the memory goes back once.
            let (rows, columns) = grids[id]
            values[id] = Value(
                buffer: value(of: node.inputs[0]).buffer, rows: rows, columns: columns, channels: node.channels)
        }
    }

    // MARK: Convolutions

    /// What is fused behind a convolution, and the node whose value the fused step computes.
    struct Tail {
        var last: Int
        var scale: [Float]?
        var bias: [Float]?
        var residual: Int?
        var activation = CK_ACT_NONE
    }

    mutating func takeTail(of id: Int, bias: [Float]?, allowsResidual: Bool) -> Tail {
        var tail = Tail(last: id, scale: nil, bias: bias, residual: nil)
        while !outputs.contains(tail.last), let next = consumers[tail.last], next.count == 1,
            tail.activation == CK_ACT_NONE
        {
            switch graph.nodes[next[0]].operation {
            case .batchNorm(let norm) where tail.scale == nil && tail.residual == nil:
                let (scale, shift) = norm.folded
                tail.bias = shift.indices.map { shift[$0] + (tail.bias?[$0] ?? 0) * scale[$0] }
                tail.scale = scale
            case .add where allowsResidual && tail.residual == nil:
                let inputs = graph.nodes[next[0]].inputs
                let other = inputs[0] == tail.last ? inputs[1] : inputs[0]
                guard other != tail.last, values[other] != nil else { return tail }
                tail.residual = other
            case .activation(let kind): tail.activation = kind.kernelCode
            default: return tail
            }
            absorbed.insert(next[0])
            tail.last = next[0]
        }
        return tail
    }

    private func scaledWeights(_ convolution: NetworkGraph.Convolution, by scale: [Float]?) -> [Float] {
        guard let scale else { return convolution.weights.values }
        let columns = scale.count
        var values = convolution.weights.values
        for index in values.indices { values[index] *= scale[index % columns] }
        return values
    }

    private mutating func depthwise(_ id: Int, _ convolution: NetworkGraph.Convolution) {
        let source = graph.nodes[id].inputs[0]
        let input = value(of: source)
        let tail = takeTail(of: id, bias: convolution.bias, allowsResidual: false)
        let output = makeValue(tail.last)
        let weights = FloatBuffer(scaledWeights(convolution, by: tail.scale))
        let bias = FloatBuffer(tail.bias ?? [Float](repeating: 0, count: output.channels))
        var kernel = ck_depthwise()
        kernel.in = UnsafePointer(input.buffer.pointer)
        (kernel.h, kernel.w, kernel.c) = (Int32(input.height), Int32(input.width), Int32(input.channels))
        (kernel.kernel, kernel.stride) = (Int32(convolution.kernel), Int32(convolution.stride))
        kernel.top = Int32(convolution.padding(for: input.height).before)
        kernel.left = Int32(convolution.padding(for: input.width).before)
        (kernel.oh, kernel.ow) = (Int32(output.height), Int32(output.width))
        kernel.weights = UnsafePointer(weights.pointer)
        kernel.bias = UnsafePointer(bias.pointer)
        kernel.activation = Int32(tail.activation.rawValue)
        kernel.out = output.buffer.pointer
        append(DepthwiseStep(kernel, keepAlive: [weights, bias, input.buffer, output.buffer]), for: tail.last)
        release(source)
    }

    private mutating func dense(_ id: Int, _ convolution: NetworkGraph.Convolution) {
        let source = graph.nodes[id].inputs[0]
        let gate = gated.removeValue(forKey: source)
        let map = gate?.map ?? source
        let input = value(of: map)
        let tail = takeTail(of: id, bias: convolution.bias, allowsResidual: convolution.groups == 1)
        let output = makeValue(tail.last)
        let weights = scaledWeights(convolution, by: tail.scale)
        if gate == nil, convolution.padding(for: input.height).before == 1,
            WinogradConvolution.suits(
                convolution, height: input.height, width: input.width, channels: input.channels)
        {
            winograd(map, input, output, weights, tail)
            return
        }
        let groups = convolution.groups
        let (groupInputs, groupOutputs) = (input.channels / groups, output.channels / groups)
        let layout = rowLayout(of: map, input, convolution, output)
        for group in 0..<groups {
            let depth = layout.taps * layout.depth
            var columns = weights
            if groups > 1 {
                let first = group * groupOutputs
                columns = (0..<depth).flatMap { row -> ArraySlice<Float> in
                    let start = row * output.channels + first
                    return weights[start..<start + groupOutputs]
                }
            }
            var packed = FloatBuffer(ck_gemm_packed_count(Int32(depth), Int32(groupOutputs)))
            ck_gemm_pack(columns, Int32(depth), Int32(groupOutputs), packed.pointer)
            if let gate {
                let scaled = FloatBuffer(packed.capacity)
                let gateBuffer = value(of: gate.gate).buffer
                steps.append(
                    GateWeightsStep(
                        packed: packed, gate: gateBuffer, output: scaled, depth: depth, columns: groupOutputs))
                packed = scaled
            }
            let allBiases = tail.bias ?? [Float](repeating: 0, count: output.channels)
            let bias = FloatBuffer(Array(allBiases[group * groupOutputs..<(group + 1) * groupOutputs]))
            var gemm = ck_gemm()
            gemm.row_count = Int32(output.pixels)
            gemm.a = UnsafePointer(layout.base + group * groupInputs)
            gemm.lda = layout.stride
            gemm.taps = Int32(layout.taps)
            gemm.c = Int32(layout.depth)
            gemm.packed = UnsafePointer(packed.pointer)
            gemm.bias = UnsafePointer(bias.pointer)
            gemm.n = Int32(groupOutputs)
            gemm.out = output.buffer.pointer + group * groupOutputs
            gemm.ldo = output.channels
            gemm.activation = Int32(tail.activation.rawValue)
            if let residual = tail.residual {
                gemm.residual = UnsafePointer(value(of: residual).buffer.pointer)
                gemm.ldr = output.channels
            }
            let table = layout.isContiguous ? nil : layout.makeTable(group * groupInputs, UnsafePointer(zeros.pointer))
            append(
                ConvolutionStep(
                    gemm: gemm, rows: output.pixels, rowTable: table,
                    keepAlive: [packed, bias, input.buffer, output.buffer, zeros, layout.owner]),
                for: tail.last)
        }
        release(map)
        if let gate { release(gate.gate) }
        if let residual = tail.residual { release(residual) }
    }

    /// A 3×3 convolution by minimal filtering.
    private mutating func winograd(_ source: Int, _ input: Value, _ output: Value, _ weights: [Float], _ tail: Tail) {
        let transformed = arena.take(WinogradConvolution.transformCount(input, channels: input.channels))
        let products = arena.take(WinogradConvolution.transformCount(input, channels: output.channels))
        let convolution = WinogradConvolution(
            input: input, output: output, weights: weights,
            bias: FloatBuffer(tail.bias ?? [Float](repeating: 0, count: output.channels)),
            residual: tail.residual.map { value(of: $0).buffer }, activation: tail.activation,
            transformed: transformed, products: products)
        for step in convolution.steps { append(step, for: tail.last) }
        arena.giveBack(transformed)
        arena.giveBack(products)
        release(source)
        if let residual = tail.residual { release(residual) }
    }

    private mutating func rowLayout(
        of node: Int, _ input: Value, _ convolution: NetworkGraph.Convolution, _ output: Value
    ) -> RowLayout {
        let top = convolution.padding(for: input.height), left = convolution.padding(for: input.width)
        let geometry = RowLayout.Geometry(
            height: input.height, width: input.width, channels: input.channels, outputHeight: output.height,
            outputWidth: output.width, kernel: convolution.kernel, stride: convolution.stride, top: top.before,
            left: left.before)
        // Few channels (the picture itself): pad once, and a window's row is one contiguous run of kernel × channels.
        if convolution.kernel > 1, convolution.groups == 1, input.channels <= 4 {
            let height = input.height + top.total, width = input.width + left.total
            let padded = FloatBuffer(height * width * input.channels)
            steps.append(
                PadStep(
                    input: input.buffer, size: (input.height, input.width), channels: input.channels, output: padded,
                    top: top.before, left: left.before, paddedWidth: width))
            return .windowRows(geometry, padded, paddedWidth: width)
        }
        return .taps(geometry, input.buffer, depth: input.channels / convolution.groups)
    }

    // MARK: The rest

    private mutating func elementwise(_ id: Int, _ a: Int, _ b: Int?, _ activation: ck_act) {
        let (activation, last) = activation == CK_ACT_NONE ? takeActivation(behind: id) : (activation, id)
        let left = value(of: a), right = b.map { value(of: $0) }
        let output = makeValue(last)
        append(
            AddStep(
                a: left.buffer, b: right?.buffer, count: output.pixels * output.channels, activation: activation,
                output: output.buffer), for: last)
        release(a)
        if let b { release(b) }
    }

    private mutating func pool(_ id: Int) {
        let source = graph.nodes[id].inputs[0]
        let input = value(of: source), output = makeValue(id)
        if let producer = producers[source] as? DepthwiseStep {
            let (sums, stride) = producer.makeSums(members: members)
            append(
                PooledSumsStep(
                    sums: sums, stride: stride, channels: input.channels, pixels: input.pixels, output: output.buffer),
                for: id)
        } else {
            append(
                GlobalPoolStep(
                    input: input.buffer, pixels: input.pixels, channels: input.channels, output: output.buffer), for: id
            )
        }
        release(source)
    }

    private mutating func scale(_ id: Int) {
        let inputs = graph.nodes[id].inputs
        if !outputs.contains(id), let next = consumers[id], next.count == 1,
            case .convolution(let convolution) = graph.nodes[next[0]].operation, convolution.kernel == 1,
            convolution.groups == 1
        {
            gated[id] = (inputs[0], inputs[1])
            return
        }
        let (activation, last) = takeActivation(behind: id)
        let map = value(of: inputs[0]), gate = value(of: inputs[1]), output = makeValue(last)
        append(
            ScaleChannelsStep(
                input: map.buffer, gate: gate.buffer, pixels: map.pixels, channels: map.channels,
                activation: activation, output: output.buffer),
            for: last)
        inputs.forEach { release($0) }
    }

    private mutating func concatenate(_ id: Int) {
        let inputs = graph.nodes[id].inputs, maps = inputs.map { value(of: $0) }, output = makeValue(id)
        append(
            ConcatenateStep(
                inputs: maps.map { ($0.buffer, $0.channels) }, pixels: output.pixels, output: output.buffer), for: id)
        inputs.forEach { release($0) }
    }

    private mutating func sample(_ id: Int, _ grid: Tensor) {
        let source = graph.nodes[id].inputs[0]
        let coordinates = value(of: source), output = makeValue(id)
        append(
            GridSampleStep(
                grid: FloatBuffer(grid.values), gridSize: (grid.shape[0], grid.shape[1]), channels: output.channels,
                coordinates: coordinates.buffer, positions: output.pixels, output: output.buffer),
            for: id)
        release(source)
    }

    /// The activation that alone reads node `id`, taken into its step; else none.
    private mutating func takeActivation(behind id: Int) -> (activation: ck_act, last: Int) {
        guard !outputs.contains(id), let next = consumers[id], next.count == 1,
            case .activation(let kind) = graph.nodes[next[0]].operation
        else { return (CK_ACT_NONE, id) }
        absorbed.insert(next[0])
        return (kind.kernelCode, next[0])
    }

    // MARK: Values

    mutating func append(_ step: any PlanStep, for node: Int) {
        steps.append(step)
        producers[node] = step
    }

    mutating func makeValue(_ node: Int) -> Value {
        let (rows, columns) = grids[node], channels = graph.nodes[node].channels
        let value = Value(
            buffer: arena.take(rows.count * columns.count * channels), rows: rows, columns: columns, channels: channels)
        values[node] = value
        return value
    }

    func value(of node: Int) -> Value {
        guard let value = values[node] else { preconditionFailure("node \(node) is read before it is computed") }
        return value
    }

    /// One reader of `node` is done; the last one frees its buffer for later steps.
    mutating func release(_ node: Int) {
        pendingReads[node, default: 0] -= 1
        if pendingReads[node] == 0, let value = values[node] { arena.giveBack(value.buffer) }
    }
}

extension Activation {
    var kernelCode: ck_act {
        switch self {
        case .relu: CK_ACT_RELU
        case .relu6: CK_ACT_RELU6
        case .silu: CK_ACT_SILU
        case .sigmoid: CK_ACT_SIGMOID
        case .hardSwish: CK_ACT_HARDSWISH
        case .hardSigmoid: CK_ACT_HARDSIGMOID
        case .tanh: CK_ACT_TANH
        case .leakyRelu: CK_ACT_LEAKY_RELU
        }
    }
}
