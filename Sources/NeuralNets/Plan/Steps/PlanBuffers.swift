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

/// Hands out buffers and takes them back when no later step reads them, so that a whole network runs in a few megabytes.
struct BufferArena {
    private var free: [FloatBuffer] = []
    private(set) var allocatedFloats = 0

    mutating func take(_ count: Int) -> FloatBuffer {
        if let best = free.indices.filter({ free[$0].capacity >= count }).min(by: {
            free[$0].capacity < free[$1].capacity
        }),
            free[best].capacity <= 4 * count
        {
            return free.remove(at: best)
        }
        allocatedFloats += count
        return FloatBuffer(count)
    }

    mutating func giveBack(_ buffer: FloatBuffer) { free.append(buffer) }
}
