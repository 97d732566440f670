import Foundation
import InspectionDomain
import LinuxPlatform
import Spooling

/// Puts quarantined frames back where they arrived, so that they are inspected again as new arrivals.
public struct Requeue: Sendable {
    /// One frame in the quarantine.
    public struct Entry: Sendable {
        public let reason: QuarantineReason
        public let folder: RawPath
    }

    private let spool: Spool
    private let files = FileSystem()

    public init(_ configuration: Configuration) {
        spool = Spool(root: configuration.spool)
    }

    /// The quarantine, oldest first.
    /// - Parameter line: nil for all.
    public func entries(line: String? = nil) throws -> [Entry] {
        guard try files.exists(spool.quarantine) else { return [] }
        var entries: [Entry] = []
        for name in try files.list(spool.quarantine) where name.kind == .folder {
            let folder = spool.quarantine.appending(name.name)
            guard line == nil || name.name == RawPath(line ?? "") else { continue }
            for entry in try files.list(folder) where entry.kind == .folder {
                let path = folder.appending(entry.name)
                guard let data = try? files.read(path / "reason.json"),
                    let reason = try? DomainJSON.decoder().decode(QuarantineReason.self, from: data)
                else { continue }
                entries.append(Entry(reason: reason, folder: path))
            }
        }
        return entries.sorted { $0.reason.quarantinedAt < $1.reason.quarantinedAt }
    }

    /// Moves one frame back under its own name; a frame that stayed in its folder is touched, which makes it a new arrival.
    /// - Returns: where it lies now.
    /// - Throws: `SystemError`, `ProgramError` when its place is taken.
    public func putBack(_ entry: Entry) throws -> String {
        guard let original = RawPath(hex: entry.reason.originalHex) else {
            throw ProgramError(.badData, "\(entry.folder)/reason.json is damaged: its original path is not hexadecimal")
        }
        let frame = try files.list(entry.folder).first { $0.kind == .file && $0.name != RawPath("reason.json") }
        if let frame {
            guard try !files.exists(original) else {
                throw ProgramError(
                    .io, "cannot put \(entry.folder) back: another frame lies at \(original); move that one first")
            }
            try files.makeFolder(original.parent)
            try files.move(entry.folder.appending(frame.name), to: original)
            try files.syncFolder(original.parent)
        } else if try files.exists(original) {
            try files.touch(original)
        } else {
            throw ProgramError(.noInput, "\(entry.folder) holds no frame, and there is none at \(original)")
        }
        try files.removeTree(entry.folder)
        try files.syncFolder(entry.folder.parent)
        return original.description
    }
}
