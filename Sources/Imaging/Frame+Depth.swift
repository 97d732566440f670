import CKernels

extension Frame {
    /// The frame with 8 bits a sample: itself, or the high bytes of a 16-bit one (for display; measurements use the 16
    /// bits).
    package var eightBit: Frame {
        guard case .sixteen(let values) = samples else { return self }
        let high = [UInt8](unsafeUninitializedCapacity: values.count) { out, count in
            ck_high_bytes(values, values.count, out.baseAddress)
            count = values.count
        }
        return Frame(width: width, height: height, channels: channels, samples: .eight(high))
    }

    /// Red, green and blue bytes, `width × height × 3`: grey replicated, 16 bits reduced to their high bytes.
    package var rgbBytes: [UInt8] {
        guard case .eight(let values) = eightBit.samples else { return [] }
        guard channels == 1 else { return values }
        return [UInt8](unsafeUninitializedCapacity: values.count * 3) { out, count in
            ck_replicate_grey(values, values.count, out.baseAddress)
            count = values.count * 3
        }
    }
}
