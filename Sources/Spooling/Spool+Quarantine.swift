import Foundation
import InspectionDomain
import LinuxPlatform

/// The reason why a frame was set aside: `reason.json` beside it.
package struct QuarantineReason: Codable, Sendable, Equatable {
    package var schema = 1
    package let resultID: String
    package let line: String
    /// The path where the frame arrived: readable, and exact.
    package let original, originalHex: String
    package let error: InspectionError
    package let attempts: Int
    package let quarantinedAt: Date
    /// Size, time and inode of the frame when it was read: a frame that differs has changed since. Absent when it was
    /// not read, and in files of earlier versions.
    package var fingerprint: String?

    enum CodingKeys: String, CodingKey {
        case schema, line, original, error, attempts, fingerprint
        case resultID = "result_id"
        case originalHex = "original_hex"
        case quarantinedAt = "quarantined_at"
    }
}

extension Spool {
    /// After the ledger's commit: sets a frame aside that can never be inspected, with the reason beside it. A frame of
    /// a line that keeps its originals stays in its folder; the reason is written all the same.
    ///
    /// - Returns: the quarantine folder.
    /// - Throws: `SystemError`.
    @discardableResult
    package func quarantine(
        _ claim: Claim, error: InspectionError, read: FileStatus? = nil, now: Date = Date()
    ) throws -> RawPath {
        let folder = quarantineFolder(claim, id: claim.id)
        let reason = QuarantineReason(
            resultID: claim.id, line: claim.line, original: claim.original.description, originalHex: claim.original.hex,
            error: error, attempts: claim.attempts, quarantinedAt: now,
            fingerprint: read?.fingerprint)
        try fileSystem.makeFolder(folder)
        try DurableFile.write(
            try DomainJSON.encoder().encode(reason), to: folder / Self.reasonName,
            through: temporary / ".\(claim.id).tmp", fileSystem: fileSystem)
        CrashPoint.reasonWritten.reached()
        if !claim.isKept, try fileSystem.exists(claim.frame) {
            // The frame's own name, except where it would hide the reason.
            let name = claim.original.name == RawPath(Self.reasonName) ? RawPath("frame") : claim.original.name
            try fileSystem.move(claim.frame, to: folder.appending(name))
        }
        try fileSystem.syncFolder(folder)
        try drop(claim)
        return folder
    }

    /// The quarantine folder of a claim's frame, or of an earlier record of it.
    func quarantineFolder(_ claim: Claim, id: String) -> RawPath {
        quarantine / claim.line / Self.name(for: claim.original, id: id)
    }

    /// After the ledger's commit: marks the record that a claim supersedes, and removes its folder in the quarantine,
    /// which holds no frame any more. Repeating it changes nothing.
    /// - Parameter folder: the folder of the earlier record's results; nil when they were removed.
    /// - Throws: `SystemError`.
    package func supersede(_ claim: Claim, resultFolder folder: RawPath?) throws {
        guard let earlier = claim.supersedes else { return }
        if let result = folder.map({ $0 / "result.json" }), try fileSystem.exists(result),
            var inspection = try? DomainJSON.decoder().decode(Inspection.self, from: fileSystem.read(result))
        {
            inspection.supersededBy = claim.id
            try DurableFile.write(
                try DomainJSON.encoder().encode(inspection), to: result, through: temporary / ".\(earlier).tmp",
                fileSystem: fileSystem)
        }
        try fileSystem.removeTree(quarantineFolder(claim, id: earlier))
    }

    /// The quarantine's reasons and folders, in no order. A folder without a readable reason is skipped.
    /// - Parameter forbidden: whether a reason that this user may not read is skipped too, instead of throwing.
    /// - Throws: `SystemError`.
    package func quarantined(passingOver forbidden: Bool = true) throws -> [(reason: QuarantineReason, folder: RawPath)]
    {
        guard try fileSystem.exists(quarantine) else { return [] }
        return try fileSystem.list(quarantine).filter { $0.kind == .folder }.flatMap {
            line -> [(reason: QuarantineReason, folder: RawPath)] in
            let folder = quarantine.appending(line.name)
            return try fileSystem.list(folder).filter { $0.kind == .folder }.compactMap {
                entry -> (reason: QuarantineReason, folder: RawPath)? in
                let path = folder.appending(entry.name)
                do {
                    let data = try fileSystem.read(path / Self.reasonName)
                    return (try DomainJSON.decoder().decode(QuarantineReason.self, from: data), path)
                } catch let error as SystemError where error.isPermission && !forbidden {
                    throw error
                } catch {
                    return nil
                }
            }
        }
    }

    /// The frame in a folder of the quarantine; nil for one that its line keeps where it arrived.
    /// - Throws: `SystemError`.
    package func frame(in folder: RawPath) throws -> RawPath? {
        try fileSystem.list(folder).first { $0.kind == .file && $0.name != RawPath(Self.reasonName) }
            .map { folder.appending($0.name) }
    }

    static let reasonName = "reason.json"
}
