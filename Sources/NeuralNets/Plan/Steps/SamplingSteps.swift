import CKernels

/// Copies maps of one size behind each other along the channels.
final class ConcatenateStep: PlanStep {
    private let inputs: [(buffer: FloatBuffer, channels: Int)]
    private let pixels: Int, channels: Int, output: FloatBuffer

    init(inputs: [(buffer: FloatBuffer, channels: Int)], pixels: Int, output: FloatBuffer) {
        (self.inputs, self.pixels, self.output) = (inputs, pixels, output)
        channels = inputs.reduce(0) { $0 + $1.channels }
    }

    var work: StepWork { StepWork("\(pixels)×\(channels)", floats: 2 * pixels * channels) }

    func run(member: Int, of size: Int) {
        let (begin, end) = share(pixels, member: member, of: size, grain: 1)
        var offset = 0
        for input in inputs {
            ck_copy_rows(
                input.buffer.pointer, Int32(input.channels), begin, end, output.pointer + offset, channels)
            offset += input.channels
        }
    }
}

/// Samples a learnt grid at every position's coordinates. A single position's channels are shared out instead: the
/// global grid of GRAD holds a whole map in them.
final class GridSampleStep: PlanStep {
    private let grid: FloatBuffer, gridSize: (h: Int, w: Int), channels: Int
    private let coordinates: FloatBuffer, positions: Int, output: FloatBuffer

    init(
        grid: FloatBuffer, gridSize: (h: Int, w: Int), channels: Int, coordinates: FloatBuffer, positions: Int,
        output: FloatBuffer
    ) {
        (self.grid, self.gridSize, self.channels) = (grid, gridSize, channels)
        (self.coordinates, self.positions, self.output) = (coordinates, positions, output)
    }

    var work: StepWork {
        StepWork("\(positions)×\(channels)", operations: 8 * positions * channels, floats: 5 * positions * channels)
    }

    func run(member: Int, of size: Int) {
        if positions == 1 {
            let (begin, end) = share(channels, member: member, of: size, grain: 64)
            sample(0, begin..<end)
        } else {
            let (begin, end) = share(positions, member: member, of: size, grain: 1)
            for position in begin..<end { sample(Int(position), 0..<Int32(channels)) }
        }
    }

    private func sample(_ position: Int, _ range: Range<Int32>) {
        ck_sample_grid(
            grid.pointer, Int32(gridSize.h), Int32(gridSize.w), Int32(channels), coordinates.pointer + 2 * position,
            range.lowerBound, Int32(range.count), output.pointer + position * channels + Int(range.lowerBound))
    }
}
