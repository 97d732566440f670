import Foundation
import InspectionDomain
import LinuxPlatform

extension Spool {
    /// The path of a claim's results, present or future.
    package func resultFolder(_ claim: Claim) -> RawPath {
        results / claim.line / Self.day(claim.claimedAt) / Self.name(for: claim.original, id: claim.id)
    }

    /// Writes a claim's result files complete and durable: in `tmp`, synced, renamed into place. A folder that an
    /// earlier attempt left is replaced.
    ///
    /// - Parameter files: content by name, `result.json` among them.
    /// - Returns: the folder.
    /// - Throws: `SystemError`.
    @discardableResult
    package func publish(_ files: [String: Data], for claim: Claim) throws -> RawPath {
        let building = temporary / claim.id, target = resultFolder(claim)
        try fileSystem.removeTree(building)
        try fileSystem.makeFolder(building, isDurable: false)
        try fileSystem.create(files.map { (building / $0.key, $0.value) })
        try fileSystem.syncFolder(building)
        CrashPoint.resultsWritten.reached()
        try fileSystem.makeFolder(target.parent)
        try fileSystem.removeTree(target)
        try fileSystem.rename(building, to: target)
        try fileSystem.syncFolder(target.parent)
        CrashPoint.resultsPublished.reached()
        return target
    }

    /// After the ledger's commit: moves the frame to the archive, byte for byte, and drops the claim. A frame that
    /// stayed in its folder stays there.
    /// - Throws: `SystemError`.
    package func archive(_ claim: Claim) throws {
        if !claim.isKept {
            let target = archivePath(claim)
            try fileSystem.makeFolder(target.parent)
            if try fileSystem.exists(claim.frame) { try fileSystem.move(claim.frame, to: target) }
            try fileSystem.syncFolder(target.parent)
        }
        try drop(claim)
    }

    /// The path to which `archive` moves a claim's frame.
    package func archivePath(_ claim: Claim) -> RawPath {
        archive / claim.line / Self.day(claim.claimedAt)
            / Self.name(for: claim.original, id: claim.id, keepsEnding: true)
    }

    /// After the ledger's commit: removes the frame and the claim.
    /// - Throws: `SystemError`.
    package func delete(_ claim: Claim) throws {
        if !claim.isKept { try fileSystem.remove(claim.frame) }
        try drop(claim)
    }

    /// Drops the claim after the frame's last move. Nothing is synced: a claim that a power cut brings back holds no
    /// frame, or the ledger knows it, and it is dropped again.
    func drop(_ claim: Claim) throws {
        CrashPoint.frameMoved.reached()
        if claim.sheet.end(claim.id) { try fileSystem.removeTree(claim.sheet.folder) }
        CrashPoint.claimDropped.reached()
    }

    /// Puts an alert into `alerts/new`, complete when it appears; the same alert again replaces it.
    /// - Throws: `SystemError`.
    package func deliver(_ alert: Alert) throws {
        // An alert that its consumer took already must not come back.
        if try fileSystem.exists(alertsCurrent / "\(alert.id).json") { return }
        try DurableFile.write(
            try DomainJSON.encoder().encode(alert), to: alertsNew / "\(alert.id).json",
            through: temporary / ".alert-\(alert.id).tmp", fileSystem: fileSystem)
        CrashPoint.alertDelivered.reached()
    }
}
