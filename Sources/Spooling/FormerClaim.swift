import Foundation
import InspectionDomain
import LinuxPlatform

/// An earlier version's folder in `active`: one frame named `frame`, and `claim.json`, schema 1.
enum FormerClaim {
    private struct Record: Codable {
        let schema: Int
        let id, line, original: String
        let claimedAt: Date
        let attempts: Int
        let kept: Bool
        let link: Bool?
        let fingerprint: String

        enum CodingKeys: String, CodingKey {
            case schema, id, line, original, attempts, kept, link, fingerprint
            case claimedAt = "claimed_at"
        }
    }

    /// Converts it to a sheet of one frame, durably; an interrupted conversion can be repeated.
    /// - Throws: `SystemError`.
    static func convert(_ folder: RawPath, _ fileSystem: FileSystem) throws {
        let former = folder / "claim.json", frame = folder / "frame"
        if try fileSystem.exists(former), try !fileSystem.exists(folder / ClaimSheet.recordName),
            let record = try? DomainJSON.decoder().decode(Record.self, from: fileSystem.read(former, limit: 1 << 20)),
            record.schema == 1, let original = RawPath(hex: record.original)
        {
            let record = Claim.Record(
                id: record.id, line: record.line, original: original, claimedAt: record.claimedAt,
                attempts: record.attempts, kept: record.kept, isLink: record.link ?? false,
                fingerprint: record.fingerprint)
            try ClaimSheet(folder: folder, records: []).rewrite(record, fileSystem)
        }
        if try fileSystem.exists(frame) {
            let id = try ClaimSheet.records(in: folder, fileSystem)?.first?.id ?? folder.name.string
            try fileSystem.rename(frame, to: folder / id)
            try fileSystem.syncFolder(folder)
        }
        try fileSystem.remove(former)
    }
}
