import Foundation
import InspectionDomain
import LinuxPlatform
import Synchronization

/// The frames that were claimed together, and their record: `active/<sheet>/claims.json`, beside it the frames under
/// their ids.
///
/// One record and one folder for several frames: their names and moves become durable with one sync instead of one
/// each.
final class ClaimSheet: Sendable, Equatable {
    /// `claims.json`.
    private struct Content: Codable {
        var schema = 2
        let claims: [Claim.Record]
    }

    static let recordName = "claims.json"
    let folder: RawPath
    /// The records of frames still in progress, in order of arrival.
    private let records: Mutex<[Claim.Record]>

    init(folder: RawPath, records: [Claim.Record]) {
        self.folder = folder
        self.records = Mutex(records)
    }

    /// The records in a folder of `active`; nil when there is no record, or a damaged one.
    /// - Throws: `SystemError`.
    static func records(in folder: RawPath, _ fileSystem: FileSystem) throws -> [Claim.Record]? {
        let data: Data
        do {
            data = try fileSystem.read(folder / recordName, limit: 1 << 22)
        } catch let error as SystemError where error.isMissing {
            return nil
        }
        guard let content = try? DomainJSON.decoder().decode(Content.self, from: data), content.schema == 2 else {
            return nil
        }
        // A record with a damaged path does not count: its frame is found without one, and nothing is lost.
        return content.claims.filter { RawPath(hex: $0.original) != nil }
    }

    /// Writes folder and record, durable when it returns.
    /// - Throws: `SystemError`; nothing is left then, unless the removal fails too: the next start completes it.
    func write(_ fileSystem: FileSystem) throws {
        do {
            try fileSystem.makeFolder(folder, isDurable: false)
            try fileSystem.create(folder / Self.recordName, try records.withLock { try Self.encode($0) })
            try fileSystem.syncFolder(folder)
            try fileSystem.syncFolder(folder.parent)
        } catch {
            try? fileSystem.removeTree(folder)
            throw error
        }
    }

    /// Changes one frame's record, durably.
    /// - Throws: `SystemError`; then the record is as it was.
    func rewrite(_ record: Claim.Record, _ fileSystem: FileSystem) throws {
        // One writer at a time: they share a temporary name.
        try records.withLock { records in
            let next = records.filter { $0.id != record.id } + [record]
            try DurableFile.write(
                try Self.encode(next), to: folder / Self.recordName, fileSystem: fileSystem)
            records = next
        }
    }

    /// Notes that a frame has left. The record is not rewritten: recovery skips records without a frame.
    /// - Returns: whether it was the last.
    func end(_ id: String) -> Bool {
        records.withLock { records in
            records.removeAll { $0.id == id }
            return records.isEmpty
        }
    }

    private static func encode(_ records: [Claim.Record]) throws -> Data {
        try DomainJSON.encoder().encode(Content(claims: records))
    }

    static func == (a: ClaimSheet, b: ClaimSheet) -> Bool { a.folder == b.folder }
}
