import Foundation
import InspectionDomain
import LinuxPlatform

extension Spool {
    /// Claims a frame: gives its result an id and records it, attempt 1, before anything moves. `take` follows.
    ///
    /// - Parameter keeps: leaves the frame where it is; its id then follows from its path and fingerprint, so that the same
    ///   file is never recorded twice.
    /// - Throws: `SystemError`; nothing is claimed then.
    public func claim(_ arrival: Arrival, line: String, keeps: Bool, now: Date = Date()) throws -> Claim {
        let id = keeps ? Self.keptID(arrival, line: line) : Self.freshID(now)
        let folder = active / id
        let claim = Claim(
            id: id, line: line, original: arrival.path, claimedAt: now, attempts: 1, isKept: keeps,
            isLink: arrival.link != nil, fingerprint: (arrival.link ?? arrival.status).fingerprint, folder: folder)
        let building = spares.take() ?? spare / id
        do {
            try fileSystem.makeFolder(building, isDurable: false)
            try fileSystem.create(building / Claim.recordName, try DomainJSON.encoder().encode(claim.record))
            try fileSystem.syncFolder(building)
            try fileSystem.rename(building, to: folder)
            try fileSystem.syncFolder(active)
        } catch {
            // The frame has not moved. Should this fail too, the next start clears what is left.
            for path in [building, folder] { try? fileSystem.removeTree(path) }
            throw error
        }
        CrashPoint.claimRecorded.reached()
        return claim
    }

    /// Moves a claimed frame out of its folder. Doing it again finishes what was interrupted.
    ///
    /// The move is not durable before `publish`: undone by a power cut, the frame lies in its folder, the claim holds none
    /// and is dropped, and nobody has been told of it.
    /// - Returns: false when the frame is gone: another process took it, or the camera removed it. The claim is dropped then.
    /// - Throws: `SystemError`; the claim stands, and `take` can be tried again.
    public func take(_ claim: Claim) throws -> Bool {
        guard !claim.isKept else { return true }
        if try fileSystem.exists(claim.frame) {
            try removeCopiedOriginal(claim)
            return true
        }
        do {
            if claim.isLink {
                try fileSystem.moveContent(ofLink: claim.original, to: claim.frame)
            } else {
                try fileSystem.move(claim.original, to: claim.frame)
            }
        } catch let error as SystemError where error.isMissing {
            if try fileSystem.exists(claim.original) || fileSystem.exists(claim.frame) { throw error }
            try fileSystem.removeTree(claim.folder)
            return false
        }
        CrashPoint.frameTaken.reached()
        return true
    }

    /// Makes the move of `take` durable. The watched folder may be gone by now (an unmounted share): then there is nothing in
    /// it to sync.
    func settle(_ claim: Claim) throws {
        guard !claim.isKept else { return }
        try fileSystem.syncFolder(claim.folder)
        do {
            try fileSystem.syncFolder(claim.original.parent)
        } catch let error as SystemError where error.isMissing {}
    }

    /// A frame that was copied from another file system, and whose original could not be removed then: the copy is whole.
    private func removeCopiedOriginal(_ claim: Claim) throws {
        do {
            guard try fileSystem.status(claim.original).fingerprint == claim.fingerprint else { return }
        } catch let error as SystemError where error.isMissing {
            return
        }
        try fileSystem.remove(claim.original)
    }

    /// Counts another attempt, durably, before the work begins again.
    /// - Throws: `SystemError`.
    public func beginAgain(_ claim: Claim) throws -> Claim {
        var next = claim
        next.attempts += 1
        try DurableFile.write(
            try DomainJSON.encoder().encode(next.record), to: (claim.folder / Claim.recordName).description,
            fileSystem: fileSystem)
        CrashPoint.attemptCounted.reached()
        return next
    }

    /// Time first, so that a listing is in order of arrival; 40 random bits behind it.
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
    public static func keptID(_ arrival: Arrival, line: String) -> String {
        let identity = "\(line)\0\(arrival.path.hex)\0\(arrival.status.fingerprint)"
        return String(SHA256.hex(of: Data(identity.utf8)).prefix(21))
    }

    /// The claims that a dead process left, oldest first, after clearing what never came to be.
    ///
    /// A frame copied from another file system whose original was not yet removed is removed there now: the copy is whole.
    /// - Throws: `SystemError`.
    public func recover() throws -> [Claim] {
        spares.replace(with: try fileSystem.list(spare).map { spare.appending($0.name) })
        for entry in try fileSystem.list(temporary) {
            let path = temporary.appending(entry.name)
            if entry.kind == .folder { try fileSystem.removeTree(path) } else { try fileSystem.remove(path) }
        }
        var claims: [Claim] = []
        for entry in try fileSystem.list(active).sorted(by: { $0.name < $1.name }) where entry.kind == .folder {
            let folder = active.appending(entry.name)
            let holdsFrame = try fileSystem.exists(folder / "frame")
            guard let claim = try readClaim(folder) else {
                // Died while the record was written: the frame had not moved, unless someone damaged the record since.
                if holdsFrame { claims.append(orphan(folder)) } else { try fileSystem.removeTree(folder) }
                continue
            }
            guard claim.isKept || holdsFrame else {
                try fileSystem.removeTree(folder)
                continue
            }
            if !claim.isKept { try removeCopiedOriginal(claim) }
            claims.append(claim)
        }
        return claims
    }

    /// Nil when there is no record, or a damaged one.
    private func readClaim(_ folder: RawPath) throws -> Claim? {
        let data: Data
        do {
            data = try fileSystem.read(folder / Claim.recordName, limit: 1 << 20)
        } catch let error as SystemError where error.isMissing {
            return nil
        }
        guard let record = try? DomainJSON.decoder().decode(Claim.Record.self, from: data), record.schema == 1 else {
            return nil
        }
        return Claim(record, folder: folder)
    }

    /// A frame whose record is damaged: still somebody's picture, so it goes round under a line of its own.
    private func orphan(_ folder: RawPath) -> Claim {
        Claim(
            id: folder.name.description, line: "orphans", original: folder / "frame", claimedAt: Date(), attempts: 2,
            isKept: false, fingerprint: "", folder: folder)
    }
}
