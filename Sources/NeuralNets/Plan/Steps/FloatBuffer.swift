import CKernels

/// Float memory of a plan, 64-byte aligned, with the slack that the kernels may read past the end.
final class FloatBuffer {
    let pointer: UnsafeMutablePointer<Float>
    let capacity: Int

    init(_ count: Int) {
        capacity = count
        let bytes = (count + Int(CK_SLACK)) * MemoryLayout<Float>.stride
        pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).bindMemory(
            to: Float.self, capacity: count + Int(CK_SLACK))
        pointer.initialize(repeating: 0, count: count + Int(CK_SLACK))
    }

    convenience init(_ values: [Float]) {
        self.init(values.count)
        values.withUnsafeBufferPointer { pointer.update(from: $0.baseAddress!, count: values.count) }
    }

    deinit { pointer.deallocate() }
}
