import CKernels

extension Frame {
    /// Fills a network's input: resized to `width × height`, scaled to 0…1, then `(value − mean) / std` per channel.
    ///
    /// `out` holds `height × width × 3` floats in row order, channels last. Grey is replicated. 8-bit frames are
    /// resized as Pillow does, to 8 bits; 16-bit ones are never rounded. `mean` and `std` have three values, of the 0…1
    /// range, `std` not zero.
    package func fillNetworkInput(
        _ out: UnsafeMutableBufferPointer<Float>, width inputWidth: Int, height inputHeight: Int, mean: [Float],
        std: [Float]
    ) {
        let pixels = inputWidth * inputHeight
        precondition(out.count == pixels * 3, "\(out.count) floats for \(inputWidth)×\(inputHeight)×3")
        precondition(mean.count == 3 && std.count == 3, "mean and std of three channels")
        let offset = zip(mean, std).map { -$0 / $1 }
        switch samples {
        case .eight(let values):
            let resized = resize(values, width: inputWidth, height: inputHeight)
            ck_normalise_u8(resized, pixels, channels, std.map { 1 / (255 * $0) }, offset, out.baseAddress)
        case .sixteen(let values):
            let resized = resize(values, width: inputWidth, height: inputHeight)
            ck_normalise_f32(resized, pixels, channels, std.map { 1 / (65535 * $0) }, offset, out.baseAddress)
        }
    }
}
