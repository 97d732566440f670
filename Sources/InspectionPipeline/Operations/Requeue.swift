import Foundation
import InspectionDomain
import LinuxPlatform
import Spooling

/// Returns quarantined frames to the folders where they arrived, so that they are inspected as new arrivals.
package struct Requeue: Sendable {
    /// One frame in the quarantine.
    package struct Entry: Sendable {
        package let reason: QuarantineReason
        package let folder: RawPath
    }

    private let spool: Spool
    private let files = FileSystem()

    package init(_ configuration: Configuration) {
        spool = Spool(root: configuration.spool)
    }

    /// The quarantine, oldest first.
    /// - Parameter line: nil for all.
    package func entries(line: String? = nil) throws -> [Entry] {
        try spool.quarantined(passingOver: false).filter { line == nil || $0.reason.line == line }
            .map { Entry(reason: $0.reason, folder: $0.folder) }
            .sorted { $0.reason.quarantinedAt < $1.reason.quarantinedAt }
    }

    /// Moves one frame back under its own name; a frame that stayed in its folder is touched, which makes it a new
    /// arrival.
    /// - Returns: its new path.
    /// - Throws: `SystemError`, `ProgramError` when its name is taken.
    package func putBack(_ entry: Entry) throws -> String {
        guard let original = RawPath(hex: entry.reason.originalHex) else {
            throw ProgramError(.badData, "\(entry.folder)/reason.json is damaged: its original path is not hexadecimal")
        }
        if let frame = try spool.frame(in: entry.folder) {
            guard try !files.exists(original) else {
                throw ProgramError(
                    .io, "cannot put \(entry.folder) back: another frame is at \(original); move it first")
            }
            try files.makeFolder(original.parent)
            try files.move(frame, to: original)
            try files.syncFolder(original.parent)
        } else if try files.exists(original) {
            try files.touch(original)
        } else {
            throw ProgramError(.noInput, "there is no frame in \(entry.folder), nor at \(original)")
        }
        try files.removeTree(entry.folder)
        try files.syncFolder(entry.folder.parent)
        return original.description
    }
}
