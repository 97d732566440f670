import Foundation
import ImageFolders
import InspectionDomain
import LinuxPlatform

extension Spool {
    /// Claims frames: assigns each result an id and records them all before anything moves. `take` and `begin` follow.
    ///
    /// A frame that its line keeps stays where it is; its id then follows from its path and fingerprint, so that the
    /// same file is never recorded twice.
    /// - Throws: `SystemError`; nothing is claimed then.
    package func claim(_ intake: [Intake], now: Date = Date()) throws -> [Claim] {
        let records = intake.map { $0.record(now) }
        let sheet = ClaimSheet(folder: active / Self.freshID(now), records: records)
        try sheet.write(fileSystem)
        CrashPoint.claimRecorded.reached()
        return records.compactMap { Claim($0, sheet: sheet) }
    }

    /// A single frame.
    package func claim(_ arrival: Arrival, line: String, keeps: Bool, now: Date = Date()) throws -> Claim {
        try claim([Intake(arrival, line: line, keeps: keeps)], now: now)[0]
    }

    /// Moves claimed frames out of their folders, durably. Doing it again finishes what was interrupted.
    ///
    /// - Returns: for each claim, in order, whether its frame is in the spool; false when another process took it, or
    ///   the camera removed it, and then the claim is dropped. Or a `SystemError`; then the claim stands, and `take`
    ///   can be retried.
    package func take(_ claims: [Claim]) -> [Result<Bool, any Error>] {
        var outcomes = claims.map { claim in Result { try move(claim) } }
        let moved = claims.indices.filter { !claims[$0].isKept && (try? outcomes[$0].get()) == true }
        do {
            // One sync for all: frames claimed together share a folder, and most came from one folder.
            for folder in Set(moved.map { claims[$0].sheet.folder }) { try fileSystem.syncFolder(folder) }
            for folder in Set(moved.map { claims[$0].source.parent }) { try syncWatched(folder) }
        } catch {
            for index in moved { outcomes[index] = .failure(error) }
        }
        return outcomes
    }

    /// A single frame.
    package func take(_ claim: Claim) throws -> Bool { try take([claim])[0].get() }

    /// Releases a claimed frame that could not be moved out of its folder: it is still there, and the claim is dropped.
    ///
    /// - Returns: false when the frame is not there, or has changed; then the claim stands.
    /// - Throws: `SystemError`; then the claim stands.
    package func release(_ claim: Claim) throws -> Bool {
        do {
            guard try fileSystem.status(claim.source).fingerprint == claim.fingerprint else { return false }
        } catch let error as SystemError where error.isMissing {
            return false
        }
        // The frame is a copy from another file system whose original could not be removed.
        if !claim.isKept { try fileSystem.remove(claim.frame) }
        try drop(claim)
        return true
    }

    private func move(_ claim: Claim) throws -> Bool {
        guard !claim.isKept else { return true }
        if try fileSystem.exists(claim.frame) {
            try removeCopiedOriginal(claim)
            return true
        }
        do {
            if claim.isLink {
                try fileSystem.moveContent(ofLink: claim.source, to: claim.frame)
            } else {
                try fileSystem.move(claim.source, to: claim.frame)
            }
        } catch let error as SystemError where error.isMissing {
            if try fileSystem.exists(claim.source) || fileSystem.exists(claim.frame) { throw error }
            try drop(claim)
            return false
        }
        CrashPoint.frameTaken.reached()
        return true
    }

    /// The watched folder may have vanished (an unmounted share): then there is nothing to sync.
    private func syncWatched(_ folder: RawPath) throws {
        do {
            try fileSystem.syncFolder(folder)
        } catch let error as SystemError where error.isMissing {}
    }

    /// Removes the original of a frame that was copied from another file system: the copy is complete.
    private func removeCopiedOriginal(_ claim: Claim) throws {
        do {
            guard try fileSystem.status(claim.source).fingerprint == claim.fingerprint else { return }
        } catch let error as SystemError where error.isMissing {
            return
        }
        try fileSystem.remove(claim.source)
    }

    /// Notes that work on a frame begins. Not synced: the note is to survive the process, which the frame may end; a
    /// power cut is not the frame's fault.
    ///
    /// - Parameter alone: whether no other frame is in progress meanwhile.
    /// - Returns: the claim with this attempt counted.
    /// - Throws: `SystemError`.
    package func begin(_ claim: Claim, alone: Bool = false) throws -> Claim {
        var next = claim
        next.attempts = claim.deaths + 1
        try WorkLog.note(alone ? .alone : .begun, claim.id, in: claim.sheet.folder, fileSystem)
        CrashPoint.attemptCounted.reached()
        return next
    }

    /// Notes that work on a frame has stopped for now while the process continues: if it dies later, the frame was not
    /// in progress.
    /// - Throws: `SystemError`.
    package func rest(_ claim: Claim) throws {
        try WorkLog.note(.rests, claim.id, in: claim.sheet.folder, fileSystem)
    }

    /// The time comes first, so that a listing is in order of arrival; 40 random bits follow.
    static func freshID(_ now: Date) -> String {
        let milliseconds = UInt64(max(0, now.timeIntervalSince1970 * 1000))
        let random = UInt64.random(in: 0..<1 << 40)
        func hex(_ value: UInt64, _ digits: Int) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        return hex(milliseconds, 11) + hex(random, 10)
    }

    /// The id of a frame that stays in its folder.
    package static func keptID(_ arrival: Arrival, line: String) -> String {
        let identity = "\(line)\0\(arrival.path.hex)\0\(arrival.status.fingerprint)"
        return String(ContentDigest.sha256(of: Data(identity.utf8)).prefix(21))
    }

    /// The claims that a dead process left, oldest first, after removing incomplete ones.
    ///
    /// The original of a frame copied from another file system is removed now if it still exists: the copy is complete.
    /// - Throws: `SystemError`.
    package func recover() throws -> [Claim] {
        // Earlier versions kept the folders of former claims there.
        try fileSystem.removeTree(root / "spare")
        for entry in try fileSystem.list(temporary) {
            let path = temporary.appending(entry.name)
            if entry.kind == .folder { try fileSystem.removeTree(path) } else { try fileSystem.remove(path) }
        }
        var claims: [Claim] = []
        for entry in try fileSystem.list(active).sorted(by: { $0.name < $1.name }) where entry.kind == .folder {
            let folder = active.appending(entry.name)
            try FormerClaim.convert(folder, fileSystem)
            let found = try recover(folder)
            for claim in found where !claim.isKept { try removeCopiedOriginal(claim) }
            // The process died while the record was written, or all its frames have left.
            if found.isEmpty { try fileSystem.removeTree(folder) }
            claims += found
        }
        return claims
    }

    /// Ids of frames in progress, of a daemon that runs or of one that died.
    /// - Throws: `SystemError`.
    package func idsInProgress() throws -> Set<String> {
        var ids: Set<String> = []
        for entry in try fileSystem.list(active) where entry.kind == .folder {
            let folder = active.appending(entry.name)
            do {
                ids.formUnion(try Self.frames(in: folder, fileSystem).map(\.description))
                ids.formUnion(try (ClaimSheet.records(in: folder, fileSystem) ?? []).filter(\.kept).map(\.id))
            } catch let error as SystemError where error.isMissing {
                // Its last frame has left meanwhile.
                continue
            }
        }
        return ids
    }

    /// The number of frames in progress, of a daemon that runs or of one that died.
    /// - Throws: `SystemError`.
    package func countActive() throws -> Int {
        try fileSystem.list(active).reduce(0) { count, entry in
            let folder = active.appending(entry.name)
            do {
                let frames = try Self.frames(in: folder, fileSystem).count
                let kept = try (ClaimSheet.records(in: folder, fileSystem) ?? []).count(where: \.kept)
                return count + frames + kept
            } catch let error as SystemError where error.isMissing {
                // Its last frame has left meanwhile.
                return count
            }
        }
    }

    /// The claims of a sheet whose frames exist, and frames that no record names because it was damaged: nothing is
    /// lost, so they are processed under a line of their own.
    private func recover(_ folder: RawPath) throws -> [Claim] {
        let frames = try Self.frames(in: folder, fileSystem)
        let records = try ClaimSheet.records(in: folder, fileSystem) ?? []
        let known = records.filter { $0.kept || frames.contains(RawPath($0.id)) }
        let orphans = frames.filter { frame in !records.contains { RawPath($0.id) == frame } }.map { frame in
            Claim.Record(
                id: frame.string, line: "orphans", original: folder.appending(frame), claimedAt: Date(),
                attempts: 0)
        }
        let sheet = ClaimSheet(folder: folder, records: known + orphans)
        let log = try WorkLog(in: folder, fileSystem)
        return (known + orphans).compactMap { Claim($0, log[$0.id], sheet: sheet) }
    }

    /// Names of the frames in a sheet's folder, without its record and names that begin with a dot.
    private static func frames(in folder: RawPath, _ fileSystem: FileSystem) throws -> [RawPath] {
        try fileSystem.list(folder).filter {
            $0.kind == .file && $0.name.bytes.first != UInt8(ascii: ".") && $0.name != RawPath(ClaimSheet.recordName)
        }.map(\.name).sorted()
    }
}

/// A frame that may be claimed, with its line's handling of frames.
package struct Intake: Sendable {
    package let arrival: Arrival
    package let line: String
    package let keeps: Bool
    /// The path where the frame arrived, when it is elsewhere now.
    package let original: RawPath?
    /// The record that the new one replaces.
    package let supersedes: String?

    package init(
        _ arrival: Arrival, line: String, keeps: Bool, original: RawPath? = nil, supersedes: String? = nil
    ) {
        (self.arrival, self.line, self.keeps) = (arrival, line, keeps)
        (self.original, self.supersedes) = (original, supersedes)
    }

    func record(_ now: Date) -> Claim.Record {
        var record = Claim.Record(
            id: keeps ? Spool.keptID(arrival, line: line) : Spool.freshID(now), line: line,
            original: original ?? arrival.path, claimedAt: now, attempts: 0, kept: keeps, isLink: arrival.link != nil,
            fingerprint: (arrival.link ?? arrival.status).fingerprint)
        record.source = original.map { _ in arrival.path.hex }
        record.supersedes = supersedes
        return record
    }
}
