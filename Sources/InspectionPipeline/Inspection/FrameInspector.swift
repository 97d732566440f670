import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import LedgerStore
import LinuxPlatform
import Spooling

/// Takes one frame through its whole life, once it is claimed: decode → detect → threshold → regions → pictures → results → ledger →
/// archive. One per frame in work.
///
/// Whatever goes wrong ends in one of two ways: the frame can never be inspected (it is set aside with its reason and an
/// `error` result), or the reason may pass (it stays claimed, to be tried again).
final class FrameInspector {
    private let context: DaemonContext
    private let worker: String
    private let examiners: ExaminerPool

    init(context: DaemonContext, worker: String, examiners: ExaminerPool) {
        self.context = context
        self.worker = worker
        self.examiners = examiners
    }

    /// What became of a frame.
    enum Outcome {
        case inspected(Inspection, folder: RawPath)
        /// It had been recorded before its process died or its last move failed; only that move was missing.
        case finished(Inspection, folder: RawPath)
        /// Nobody's any more: the camera removed it before it was claimed.
        case gone
    }

    /// Inspects one frame.
    ///
    /// - Parameters:
    ///   - isTaken: the frame is out of its folder, and new.
    ///   - seen: when it was.
    ///   - onTaken: called when the frame has left its folder.
    /// - Throws: what may pass: `SystemError`, `LedgerError`, and what is wrong with the model or the configuration.
    func inspect(
        _ claim: Claim, isTaken: Bool, line: Configuration.Line, seen: ContinuousClock.Instant,
        onTaken: () -> Void = {}
    ) throws -> Outcome {
        var queued = (ContinuousClock.now - seen).inMilliseconds
        if !isTaken {
            step("claim")
            if try context.ledger.contains(claim.id) { return try finishRecorded(claim, line) }
            guard try context.spool.take(claim) else { return .gone }
            onTaken()
        }
        var image = ImageInfo(path: claim.original.description)
        var inspection: Inspection
        var contents: [String: Data] = [:]
        var calibration: Calibration?
        var read: FileStatus?
        do {
            if let reason = claim.reasonNotToRetry { throw reason }
            step("read")
            let follows = claim.isKept && claim.isLink
            read = try context.fileSystem.status(claim.frame, followsLinks: follows)
            let data = try context.fileSystem.read(claim.frame, followsLinks: follows)
            CrashPoint.frameRead.reached()
            image.sha256 = SHA256.hex(of: data)
            let model = try context.models.current(line.model)
            let gate = try line.gate.map {
                FrameExaminer.Gate(model: try context.models.current($0), expected: line.product)
            }
            context.progress.rest(worker)
            let waiting = ContinuousClock.now
            inspection = try examiners.withExaminer { examiner in
                queued += (ContinuousClock.now - waiting).inMilliseconds
                let examination = try examiner.examine(
                    data, with: model, behind: gate, rule: line.rule
                ) { compute($0, claim) }
                CrashPoint.examined.reached()
                calibration = examination.calibration
                tell(examination, of: claim)

                compute("encode", claim)
                let examined = ContinuousClock.now
                var inspection = examination.inspection(
                    resultID: claim.id, line: claim.line, image: image, createdAt: Date())
                let pictures = try ResultPictures(examination, of: inspection, policy: line.overlay)
                inspection.files = pictures.listing
                for file in pictures.files { contents[file.name] = file.data }
                inspection.timingMilliseconds.write = (ContinuousClock.now - examined).inMilliseconds
                return inspection
            }
        } catch {
            guard let reason = Self.reasonForQuarantine(error) else { throw error }
            contents = [:]
            inspection = Inspection(
                resultID: claim.id, line: claim.line, createdAt: Date(), image: image, verdict: .error, error: reason)
        }
        inspection.timingMilliseconds.queue = queued
        inspection.supersedes = claim.supersedes

        step("write results")
        let json: Data
        (inspection, json) = try inspection.encoded()
        if inspection.verdict == .error { contents = [:] }
        contents["result.json"] = json
        let folder = try context.spool.publish(contents, for: claim)
        step("record")
        try context.ledger.record(
            inspection, json: json, resultPath: folder.string,
            alert: Alert(about: inspection, resultPath: folder.string))
        CrashPoint.recorded.reached()
        if let calibration { watchDrift(inspection, calibration) }
        step("finish")
        try finish(claim, inspection.error, line, read: read)
        return .inspected(inspection, folder: folder)
    }

    /// Says once per line and model that frames are not as those fitted on.
    private func tell(_ examination: Examination, of claim: Claim) {
        for difference in examination.differences
        where context.differences.isNew(
            difference.kind, line: claim.line, model: examination.model.name, version: examination.model.version)
        {
            context.logger.event(
                .unlikeFitted, .warning,
                "line \(claim.line): \(claim.original): \(difference.text). Further such frames say so in their result.json "
                    + "only",
                fields: [LogField.line: claim.line, LogField.frame: claim.original.description])
        }
    }

    /// A frame's own life does not depend on it: should the ledger fail just now, the next frame finds what this one would have.
    private func watchDrift(_ inspection: Inspection, _ calibration: Calibration) {
        let cause = Cause(.retrying, line: inspection.line, "drift")
        do {
            if try context.drift.observe(inspection, calibration) { context.alertBell.ring() }
            context.incidents.ended(cause)
        } catch {
            context.incidents.occurred(
                cause, "line \(inspection.line): drift: \(error), retrying with the next frame", unit: "frame")
        }
    }

    private func step(_ name: String) { context.progress.begin(name, part: worker) }

    /// A step that depends on the frame alone.
    private func compute(_ name: String, _ claim: Claim) {
        context.progress.begin(name, part: worker, computing: claim.id)
    }

    /// After the ledger's commit: the frame's last move.
    private func finish(
        _ claim: Claim, _ error: InspectionError?, _ line: Configuration.Line, read: FileStatus? = nil
    ) throws {
        if let earlier = claim.supersedes {
            let folder = try context.ledger.entry(earlier)?.resultPath
            try context.spool.supersede(claim, resultFolder: folder.map { RawPath($0) })
        }
        if let error {
            let now = Date()
            let folder = try context.spool.quarantine(claim, error: error, read: read, now: now)
            guard let read, let frame = claim.isKept ? claim.original : try context.spool.frame(in: folder) else {
                return
            }
            context.unfinished.note(
                UnfinishedFrames.Entry(
                    id: claim.id, line: claim.line, original: claim.original, frame: frame,
                    fingerprint: read.fingerprint, quarantinedAt: now))
        } else if line.after == .delete {
            try context.spool.delete(claim)
        } else {
            try context.spool.archive(claim)
        }
    }

    /// What lacked was the frame's last move: the process died, or the move failed, after the ledger's commit. The ledger
    /// says which move that is.
    private func finishRecorded(_ claim: Claim, _ line: Configuration.Line) throws -> Outcome {
        let entry = try context.ledger.entry(claim.id)
        try finish(claim, entry?.inspection.error, line)
        return entry.map { .finished($0.inspection, folder: RawPath($0.resultPath)) } ?? .gone
    }

    /// Why a frame can never be inspected; nil for what may pass, or is not the frame's fault.
    private static func reasonForQuarantine(_ error: any Error) -> InspectionError? {
        switch error {
        case let error as InspectionError: return error
        case let error as ImageError where error.code != .noMemory:
            return InspectionError(code: error.code.rawValue, message: error.message)
        case let error as SystemError where error.isLink:
            return InspectionError(
                code: "unsupported",
                message: "the file became a symbolic link after it was seen; links are not followed")
        case let error as SystemError where error.isPermission:
            return InspectionError(
                code: "permission", message: "the frame cannot be read: \(error); let the user of inspectd read it")
        default: return nil
        }
    }
}

extension Alert {
    /// The alert of an inspection; nil for a normal one.
    init?(about inspection: Inspection, resultPath: String) {
        let kind: Kind
        let message: String
        switch inspection.verdict {
        case .normal: return nil
        case .anomalous where inspection.gate?.passed == false:
            kind = .wrongProduct
            message = "line \(inspection.line): wrong product: \(inspection.gate?.reason ?? "")"
        case .anomalous:
            kind = .anomaly
            let (score, threshold) = (inspection.imageScore ?? .nan, inspection.imageThreshold ?? .nan)
            message = "line \(inspection.line): score \(score.scoreText) above the threshold \(threshold.scoreText)"
        case .error:
            kind = .unreadable
            message = "line \(inspection.line): \(inspection.error?.message ?? "the frame cannot be inspected")"
        }
        self.init(
            id: inspection.resultID, kind: kind, line: inspection.line, createdAt: inspection.createdAt,
            verdict: inspection.verdict, message: message, imageScore: inspection.imageScore,
            imageThreshold: inspection.imageThreshold, resultPath: resultPath, imagePath: inspection.image.path)
    }
}
