import Foundation
import LinuxPlatform

/// A frame that this daemon has taken to inspect.
public struct Claim: Sendable, Equatable {
    /// Identity of the frame's result. Given once, when the frame is claimed, and kept through every retry: that makes the
    /// record of one arrival unique, while the same bytes arriving again under the same name are another input.
    public let id: String
    public let line: String
    /// Where the frame arrived.
    public let original: RawPath
    public let claimedAt: Date
    /// Times that work on it has begun, the current one included.
    public internal(set) var attempts: Int
    /// The line keeps its originals: the frame was not moved.
    public let isKept: Bool
    /// The frame arrived as a link that the line follows.
    public let isLink: Bool
    /// Where the frame lay when it was claimed: where it arrived, or the quarantine.
    public let source: RawPath
    /// The record that this one's replaces: of the same frame, inspected before its writer had finished it.
    public let supersedes: String?
    /// Size, time and inode of the frame when it was claimed.
    let fingerprint: String
    let sheet: ClaimSheet

    /// Where the frame's bytes are now.
    public var frame: RawPath { isKept ? original : sheet.folder / id }

    /// One of `claims.json`. Paths are hex, because names need not be text.
    struct Record: Codable {
        let id, line, original: String
        /// For people who read the file.
        let originalText: String
        let claimedAt: Date
        var attempts: Int
        let kept: Bool
        /// Absent for a file.
        var link: Bool?
        /// Hex; absent where the frame lay where it had arrived.
        var source: String?
        var supersedes: String?
        let fingerprint: String

        enum CodingKeys: String, CodingKey {
            case id, line, original, attempts, kept, link, source, supersedes, fingerprint
            case originalText = "original_text"
            case claimedAt = "claimed_at"
        }
    }

    var record: Record {
        var record = Record(
            id: id, line: line, original: original, claimedAt: claimedAt, attempts: attempts, kept: isKept,
            isLink: isLink, fingerprint: fingerprint)
        record.source = source == original ? nil : source.hex
        record.supersedes = supersedes
        return record
    }

    init?(_ record: Record, sheet: ClaimSheet) {
        guard let original = RawPath(hex: record.original) else { return nil }
        source = record.source.flatMap { RawPath(hex: $0) } ?? original
        supersedes = record.supersedes
        (id, line, self.original, claimedAt) = (record.id, record.line, original, record.claimedAt)
        (attempts, isKept, isLink) = (record.attempts, record.kept, record.link ?? false)
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
