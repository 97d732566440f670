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
    /// Size, time and inode of the frame when it was claimed.
    let fingerprint: String
    let folder: RawPath

    /// Where the frame's bytes are now.
    public var frame: RawPath { isKept ? original : folder / "frame" }

    static let recordName = "claim.json"

    /// `claim.json`, schema 1. Paths are hex, because names need not be text.
    struct Record: Codable {
        var schema = 1
        let id, line, original: String
        /// For people who read the file.
        let originalText: String
        let claimedAt: Date
        var attempts: Int
        let kept: Bool
        /// Absent for a file.
        var link: Bool?
        let fingerprint: String

        enum CodingKeys: String, CodingKey {
            case schema, id, line, original, attempts, kept, link, fingerprint
            case originalText = "original_text"
            case claimedAt = "claimed_at"
        }
    }

    var record: Record {
        Record(
            id: id, line: line, original: original.hex, originalText: original.description, claimedAt: claimedAt,
            attempts: attempts, kept: isKept, link: isLink ? true : nil, fingerprint: fingerprint)
    }

    init(
        id: String, line: String, original: RawPath, claimedAt: Date, attempts: Int, isKept: Bool, isLink: Bool = false,
        fingerprint: String, folder: RawPath
    ) {
        (self.id, self.line, self.original, self.claimedAt) = (id, line, original, claimedAt)
        (self.attempts, self.isKept, self.isLink) = (attempts, isKept, isLink)
        (self.fingerprint, self.folder) = (fingerprint, folder)
    }

    init?(_ record: Record, folder: RawPath) {
        guard let original = RawPath(hex: record.original) else { return nil }
        self.init(
            id: record.id, line: record.line, original: original, claimedAt: record.claimedAt,
            attempts: record.attempts, isKept: record.kept, isLink: record.link ?? false,
            fingerprint: record.fingerprint, folder: folder)
    }
}

extension FileStatus {
    /// Tells one file from another that later has its name.
    public var fingerprint: String { "\(device).\(inode).\(size).\(modified)" }
}
