/// The rows of a dense convolution's matrix product in the input, without a copy.
struct RowLayout {
    struct Geometry {
        let height, width, channels: Int
        let outputHeight, outputWidth: Int
        let kernel, stride, top, left: Int
    }

    let taps: Int
    /// Contiguous floats per tap.
    let depth: Int
    /// First row and distance between rows, where rows are contiguous.
    let base: UnsafeMutablePointer<Float>
    let stride: Int
    let isContiguous: Bool
    let owner: FloatBuffer
    private let geometry: Geometry
    /// Width of the padded buffer for window rows, nil for single taps.
    private let paddedWidth: Int?

    /// kernel² taps of `depth` channels; a 1×1 convolution of stride 1 is contiguous.
    static func taps(_ geometry: Geometry, _ input: FloatBuffer, depth: Int) -> RowLayout {
        RowLayout(
            taps: geometry.kernel * geometry.kernel, depth: depth, base: input.pointer, stride: geometry.channels,
            isContiguous: geometry.kernel == 1 && geometry.stride == 1, owner: input, geometry: geometry,
            paddedWidth: nil)
    }

    /// `kernel` taps, each a whole row of the window in a zero-padded copy.
    static func windowRows(_ geometry: Geometry, _ padded: FloatBuffer, paddedWidth: Int) -> RowLayout {
        RowLayout(
            taps: geometry.kernel, depth: geometry.kernel * geometry.channels, base: padded.pointer, stride: 0,
            isContiguous: false, owner: padded, geometry: geometry, paddedWidth: paddedWidth)
    }

    /// `[taps][output pixels]` row pointers; taps that fall into the padding point at `zeros`. The caller owns the
    /// memory.
    func makeTable(_ offset: Int, _ zeros: UnsafePointer<Float>) -> UnsafeMutablePointer<UnsafePointer<Float>?> {
        let g = geometry
        let pixels = g.outputHeight * g.outputWidth
        let table = UnsafeMutablePointer<UnsafePointer<Float>?>.allocate(capacity: taps * pixels)
        var index = 0
        for tap in 0..<taps {
            for y in 0..<g.outputHeight {
                for x in 0..<g.outputWidth {
                    if let paddedWidth {
                        table[index] = UnsafePointer(
                            base + ((y * g.stride + tap) * paddedWidth + x * g.stride) * g.channels + offset)
                    } else {
                        let row = y * g.stride + tap / g.kernel - g.top
                        let column = x * g.stride + tap % g.kernel - g.left
                        let inside = row >= 0 && row < g.height && column >= 0 && column < g.width
                        table[index] =
                            inside ? UnsafePointer(base + (row * g.width + column) * g.channels + offset) : zeros
                    }
                    index += 1
                }
            }
        }
        return table
    }
}
