import Foundation
import LinuxPlatform

/// A frame that this daemon has taken to inspect.
package struct Claim: Sendable, Equatable {
    /// Identity of the frame's result. Assigned once, when the frame is claimed, and kept through every retry: that
    /// makes the record of one arrival unique, while the same bytes arriving again under the same name are a new
    /// arrival.
    package let id: String
    package let line: String
    /// The path where the frame arrived.
    package let original: RawPath
    package let claimedAt: Date
    /// Processes that began to work on it and did not finish it, the current one included.
    package internal(set) var attempts: Int
    /// Deaths of processes while they worked on it; the second counts those that worked on nothing else.
    package let deaths, deathsAlone: Int
    /// The signals of processes that crashed on it, by their own notes.
    package let crashes: [Int32]
    /// Whether the line keeps its originals: the frame was not moved.
    package let isKept: Bool
    /// Whether the frame arrived as a link that the line follows.
    package let isLink: Bool
    /// The frame's path when it was claimed: where it arrived, or in the quarantine.
    package let source: RawPath
    /// The earlier record of the same frame, inspected before its writer had finished it.
    package let supersedes: String?
    /// Size, time and inode of the frame when it was claimed.
    let fingerprint: String
    let sheet: ClaimSheet

    /// The current path of the frame's bytes.
    package var frame: RawPath { isKept ? original : sheet.folder / id }

    /// An entry of `claims.json`. Paths are hex, because names need not be text.
    struct Record: Codable {
        let id, line, original: String
        /// The readable path, for people who read the file.
        let originalText: String
        let claimedAt: Date
        /// The count of earlier versions; later ones count in the sheet's `WorkLog`.
        let attempts: Int
        let kept: Bool
        /// Absent for a file.
        var link: Bool?
        /// Hex; absent if the frame was where it had arrived.
        var source: String?
        var supersedes: String?
        let fingerprint: String

        enum CodingKeys: String, CodingKey {
            case id, line, original, attempts, kept, link, source, supersedes, fingerprint
            case originalText = "original_text"
            case claimedAt = "claimed_at"
        }
    }

    init?(_ record: Record, _ work: WorkLog.Frame = WorkLog.Frame(), sheet: ClaimSheet) {
        guard let original = RawPath(hex: record.original) else { return nil }
        source = record.source.flatMap { RawPath(hex: $0) } ?? original
        supersedes = record.supersedes
        (id, line, self.original, claimedAt) = (record.id, record.line, original, record.claimedAt)
        (isKept, isLink) = (record.kept, record.link ?? false)
        // An earlier version's count includes its log.
        deaths = work.deaths + max(record.attempts, work.isOpenWithoutEnd ? 1 : 0)
        (deathsAlone, crashes, attempts) = (work.deathsAlone, work.crashes.map(\.signal), deaths)
        (fingerprint, self.sheet) = (record.fingerprint, sheet)
    }
}

extension Claim.Record {
    init(
        id: String, line: String, original: RawPath, claimedAt: Date, attempts: Int, kept: Bool = false,
        isLink: Bool = false, fingerprint: String = ""
    ) {
        (self.id, self.line, self.original, originalText) = (id, line, original.hex, original.description)
        (self.claimedAt, self.attempts, self.kept) = (claimedAt, attempts, kept)
        (link, self.fingerprint) = (isLink ? true : nil, fingerprint)
    }
}
