import CKernels

extension Frame {
    /// Antialiased bilinear resize, as Pillow's `Image.resize(BILINEAR)`: a triangle filter whose support grows with
    /// the reduction, horizontally and then vertically. 8-bit samples are rounded after each pass (so that they match
    /// Pillow's), 16-bit ones once.
    ///
    /// `width` and `height` are in pixels, at least 1.
    package func resized(width newWidth: Int, height newHeight: Int) -> Frame {
        precondition(newWidth > 0 && newHeight > 0, "resize to \(newWidth)×\(newHeight)")
        guard newWidth != width || newHeight != height else { return self }
        let resized: Samples
        switch samples {
        case .eight(let values):
            resized = .eight(resize(values, width: newWidth, height: newHeight))
        case .sixteen(let values):
            let floats = resize(values, width: newWidth, height: newHeight)
            resized = .sixteen(
                [UInt16](unsafeUninitializedCapacity: floats.count) { out, count in
                    ck_round_u16(floats, floats.count, out.baseAddress)
                    count = floats.count
                })
        }
        return Frame(width: newWidth, height: newHeight, channels: channels, samples: resized)
    }

    func resize(_ values: [UInt8], width newWidth: Int, height newHeight: Int) -> [UInt8] {
        let row = newWidth * channels
        var across = values
        if newWidth != width {
            let axis = ResizeAxis(from: width, to: newWidth)
            var scratch = axis.scratch(channels: channels)
            across = [UInt8](unsafeUninitializedCapacity: row * height) { out, count in
                ck_resize_across_u8(
                    values, Int32(height), Int32(width), Int32(newWidth), Int32(channels), axis.taps, axis.first,
                    axis.weights, &scratch, out.baseAddress)
                count = row * height
            }
        }
        guard newHeight != height else { return across }
        let axis = ResizeAxis(from: height, to: newHeight)
        var scratch = [Float](repeating: 0, count: row)
        return [UInt8](unsafeUninitializedCapacity: row * newHeight) { out, count in
            ck_resize_down_u8(
                across, Int32(height), Int32(newHeight), row, axis.taps, axis.first, axis.weights, &scratch,
                out.baseAddress)
            count = row * newHeight
        }
    }

    /// Unrounded: 0…65535.
    func resize(_ values: [UInt16], width newWidth: Int, height newHeight: Int) -> [Float] {
        let row = newWidth * channels
        let horizontal = ResizeAxis(from: width, to: newWidth)
        let vertical = ResizeAxis(from: height, to: newHeight)
        var scratch = horizontal.scratch(channels: channels)
        let across = [Float](unsafeUninitializedCapacity: row * height) { out, count in
            ck_resize_across_u16(
                values, Int32(height), Int32(width), Int32(newWidth), Int32(channels), horizontal.taps,
                horizontal.first, horizontal.weights, &scratch, out.baseAddress)
            count = row * height
        }
        return [Float](unsafeUninitializedCapacity: row * newHeight) { out, count in
            ck_resize_down_f32(
                across, Int32(height), Int32(newHeight), row, vertical.taps, vertical.first, vertical.weights,
                out.baseAddress)
            count = row * newHeight
        }
    }
}
