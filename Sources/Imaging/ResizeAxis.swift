import CKernels

/// One axis of an antialiased bilinear resize: the input samples of each output sample, and their weights.
struct ResizeAxis {
    let input: Int
    let output: Int
    let taps: Int32
    private(set) var first: [Int32]
    private(set) var weights: [Float]

    init(from input: Int, to output: Int) {
        self.input = input
        self.output = output
        taps = ck_resize_taps(Int32(input), Int32(output))
        first = [Int32](repeating: 0, count: output)
        weights = [Float](repeating: 0, count: output * Int(taps))
        ck_resize_plan(Int32(input), Int32(output), taps, &first, &weights)
    }

    /// Scratch for the horizontal pass.
    func scratch(channels: Int) -> [Float] {
        [Float](repeating: 0, count: ck_resize_scratch(Int32(input), Int32(channels), taps))
    }
}
