import CKernels
import Foundation
import Glibc

/// The features of all training frames, computed once: the backbone is frozen, so no epoch changes them.
///
/// Held in memory as 32-bit floats when the budget allows, as 16-bit ones when only half fits, and else as 16-bit ones in
/// a file that has no name (it vanishes with the process, however that ends). Frames may be stored and loaded from several
/// threads at once; what was not stored reads as zeros.
public final class FeatureCache: @unchecked Sendable {
    public enum Storage: String, Sendable {
        case singleInMemory = "32-bit in memory"
        case halfInMemory = "16-bit in memory"
        case halfOnDisk = "16-bit on disk"
    }

    /// The cache's file cannot be made, written or read.
    public struct Failure: Error, CustomStringConvertible {
        let folder: String
        let bytes: Int
        let code: Int32
        public var description: String {
            "caching \(bytes >> 20) MiB of features in \(folder): \(String(cString: strerror(code))); free space there, point "
                + "TMPDIR elsewhere, or raise the memory budget"
        }
    }

    public let storage: Storage
    public let frames, floatsPerFrame: Int

    // Written once each before anyone reads them: frames are disjoint slices, and fitting stores all before it loads any.
    private var memory: UnsafeMutableRawPointer?
    private var descriptor: Int32 = -1
    private let folder: String

    /// Which storage `frames × floatsPerFrame` floats take under a budget of bytes.
    public static func storage(frames: Int, floatsPerFrame: Int, budget: Int) -> Storage {
        let floats = frames * floatsPerFrame
        if 4 * floats <= budget { return .singleInMemory }
        return 2 * floats <= budget ? .halfInMemory : .halfOnDisk
    }

    /// - Parameters:
    ///   - budget: bytes of memory.
    ///   - folder: where the file goes if there must be one.
    /// - Throws: `Failure`.
    public init(frames: Int, floatsPerFrame: Int, budget: Int, folder: String = NSTemporaryDirectory()) throws {
        (self.frames, self.floatsPerFrame, self.folder) = (frames, floatsPerFrame, folder)
        storage = Self.storage(frames: frames, floatsPerFrame: floatsPerFrame, budget: budget)
        switch storage {
        case .singleInMemory, .halfInMemory:
            memory = calloc(max(1, frames), floatsPerFrame * bytesPerFloat)
            if memory == nil { throw failure(ENOMEM) }
        case .halfOnDisk:
            descriptor = try namelessFile()
            // Space is claimed now: a full disk is told before the work, not after it.
            let code = posix_fallocate(descriptor, 0, frames * frameBytes)
            if code != 0 { throw failure(code) }
        }
    }

    deinit {
        free(memory)
        if descriptor >= 0 { close(descriptor) }
    }

    private var bytesPerFloat: Int { storage == .singleInMemory ? 4 : 2 }
    private var frameBytes: Int { floatsPerFrame * bytesPerFloat }

    /// - Parameter values: `floatsPerFrame` floats.
    /// - Throws: `Failure`.
    public func store(_ values: UnsafePointer<Float>, frame: Int) throws {
        precondition((0..<frames).contains(frame))
        switch storage {
        case .singleInMemory: memory?.advanced(by: frame * frameBytes).copyMemory(from: values, byteCount: frameBytes)
        case .halfInMemory: ck_to_half(values, floatsPerFrame, halves(frame))
        case .halfOnDisk:
            var halves = [UInt16](repeating: 0, count: floatsPerFrame)
            ck_to_half(values, floatsPerFrame, &halves)
            try halves.withUnsafeBytes { bytes in
                try transfer(frame) { done, count, offset in
                    pwrite(descriptor, bytes.baseAddress! + done, count, offset)
                }
            }
        }
    }

    /// - Throws: `Failure`.
    public func load(_ frame: Int, into out: UnsafeMutablePointer<Float>) throws {
        precondition((0..<frames).contains(frame))
        switch storage {
        case .singleInMemory:
            guard let memory else { return }
            UnsafeMutableRawPointer(out).copyMemory(
                from: memory.advanced(by: frame * frameBytes), byteCount: frameBytes)
        case .halfInMemory: ck_from_half(halves(frame), floatsPerFrame, out)
        case .halfOnDisk:
            var halves = [UInt16](repeating: 0, count: floatsPerFrame)
            try halves.withUnsafeMutableBytes { bytes in
                try transfer(frame) { done, count, offset in
                    pread(descriptor, bytes.baseAddress! + done, count, offset)
                }
            }
            ck_from_half(halves, floatsPerFrame, out)
        }
    }

    private func halves(_ frame: Int) -> UnsafeMutablePointer<UInt16>? {
        memory?.assumingMemoryBound(to: UInt16.self).advanced(by: frame * floatsPerFrame)
    }

    /// Calls until a frame's bytes are all moved; the call takes what is done, how many are left, and the place in the file.
    private func transfer(_ frame: Int, _ call: (_ done: Int, _ left: Int, _ offset: Int) -> Int) throws {
        var done = 0
        while done < frameBytes {
            let count = call(done, frameBytes - done, frame * frameBytes + done)
            if count < 0, errno == EINTR { continue }
            // A file that ends early means somebody truncated it.
            if count <= 0 { throw failure(count < 0 ? errno : EIO) }
            done += count
        }
    }

    /// A file whose name goes at once, so that it ends with the process.
    private func namelessFile() throws -> Int32 {
        var template = Array("\(folder)/inspectd-features-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        if descriptor < 0 { throw failure(errno) }
        unlink(template)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    private func failure(_ code: Int32) -> Failure {
        Failure(folder: folder, bytes: frames * frameBytes, code: code)
    }
}
