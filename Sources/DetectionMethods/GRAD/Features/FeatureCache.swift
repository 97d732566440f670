import CKernels
import Foundation
import LinuxPlatform

/// The features of all training frames, computed once: the backbone is frozen, so no epoch changes them.
///
/// Held in memory as 32-bit floats if the budget allows, as 16-bit floats if only half fits, and else as 16-bit floats
/// in an unnamed file (it vanishes with the process, even after a crash). Several threads may store and load frames at
/// once; frames that were not stored read as zeros.
package final class FeatureCache: @unchecked Sendable {
    package enum Storage: String, Sendable {
        case singleInMemory = "32-bit in memory"
        case halfInMemory = "16-bit in memory"
        case halfOnDisk = "16-bit on disk"
    }

    /// The error of a cache file that cannot be created, written or read.
    package struct Failure: Error, CustomStringConvertible {
        let folder: String
        let bytes: Int
        let code: Int32
        package var description: String {
            "caching \(bytes >> 20) MiB of features in \(folder): \(String(cString: strerror(code))); free space there, set "
                + "TMPDIR to another folder, or raise the memory budget"
        }
    }

    package let storage: Storage
    package let frames, floatsPerFrame: Int

    // Each frame is written once before it is read: frames are disjoint slices, and a fit stores all before it loads
    // any.
    private var memory: UnsafeMutableRawPointer?
    private var file: NamelessFile?
    private let folder: String

    /// The storage of `frames × floatsPerFrame` floats under a budget of bytes.
    package static func storage(frames: Int, floatsPerFrame: Int, budget: Int) -> Storage {
        let floats = frames * floatsPerFrame
        if 4 * floats <= budget { return .singleInMemory }
        return 2 * floats <= budget ? .halfInMemory : .halfOnDisk
    }

    /// - Parameters:
    ///   - budget: bytes of memory.
    ///   - folder: the folder of the file, if one is needed.
    /// - Throws: `Failure`.
    package init(frames: Int, floatsPerFrame: Int, budget: Int, folder: String = NSTemporaryDirectory()) throws {
        (self.frames, self.floatsPerFrame, self.folder) = (frames, floatsPerFrame, folder)
        storage = Self.storage(frames: frames, floatsPerFrame: floatsPerFrame, budget: budget)
        switch storage {
        case .singleInMemory, .halfInMemory:
            memory = calloc(max(1, frames), floatsPerFrame * bytesPerFloat)
            if memory == nil { throw failure(ENOMEM) }
        case .halfOnDisk:
            file = try telling { try NamelessFile(in: folder, bytes: frames * frameBytes) }
        }
    }

    deinit { free(memory) }

    private var bytesPerFloat: Int { storage == .singleInMemory ? 4 : 2 }
    private var frameBytes: Int { floatsPerFrame * bytesPerFloat }

    /// - Parameter values: `floatsPerFrame` floats.
    /// - Throws: `Failure`.
    package func store(_ values: UnsafePointer<Float>, frame: Int) throws {
        precondition((0..<frames).contains(frame))
        switch storage {
        case .singleInMemory: memory?.advanced(by: frame * frameBytes).copyMemory(from: values, byteCount: frameBytes)
        case .halfInMemory: ck_to_half(values, floatsPerFrame, halves(frame))
        case .halfOnDisk:
            var halves = [UInt16](repeating: 0, count: floatsPerFrame)
            ck_to_half(values, floatsPerFrame, &halves)
            try telling { try halves.withUnsafeBytes { try file?.write($0, at: frame * frameBytes) } }
        }
    }

    /// - Throws: `Failure`.
    package func load(_ frame: Int, into out: UnsafeMutablePointer<Float>) throws {
        precondition((0..<frames).contains(frame))
        switch storage {
        case .singleInMemory:
            guard let memory else { return }
            UnsafeMutableRawPointer(out).copyMemory(
                from: memory.advanced(by: frame * frameBytes), byteCount: frameBytes)
        case .halfInMemory: ck_from_half(halves(frame), floatsPerFrame, out)
        case .halfOnDisk:
            var halves = [UInt16](repeating: 0, count: floatsPerFrame)
            try telling { try halves.withUnsafeMutableBytes { try file?.read(into: $0, at: frame * frameBytes) } }
            ck_from_half(halves, floatsPerFrame, out)
        }
    }

    private func halves(_ frame: Int) -> UnsafeMutablePointer<UInt16>? {
        memory?.assumingMemoryBound(to: UInt16.self).advanced(by: frame * floatsPerFrame)
    }

    /// Adds the file's content to its failure.
    private func telling<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as SystemError { throw failure(error.code) }
    }

    private func failure(_ code: Int32) -> Failure {
        Failure(folder: folder, bytes: frames * frameBytes, code: code)
    }
}
