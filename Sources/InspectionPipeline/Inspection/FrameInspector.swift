import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import LinuxPlatform
import Spooling

/// The life of a claimed frame, from top to bottom: take → read → examine → record → finish. One inspector per frame in
/// progress.
///
/// Each step returns the input of the next. A failure ends in one of two ways. If the frame can never be inspected,
/// that is its result, an `error`, and the frame is set aside with the reason. A transient failure is thrown, and the
/// frame stays claimed for a retry.
final class FrameInspector {
    private let storage: Storage
    private let models: ServingModels
    private let examiners: ExaminerPool
    private let remarks: FrameRemarks
    private let drift: DriftWatch
    private let unfinished: UnfinishedFrames
    private let progress: ProgressBoard.Part

    init(
        storage: Storage, models: ServingModels, examiners: ExaminerPool, remarks: FrameRemarks, drift: DriftWatch,
        unfinished: UnfinishedFrames, progress: ProgressBoard.Part
    ) {
        (self.storage, self.models, self.examiners) = (storage, models, examiners)
        (self.remarks, self.drift, self.unfinished, self.progress) = (remarks, drift, unfinished, progress)
    }

    /// The outcome of a frame.
    enum Outcome {
        case inspected(Inspection, folder: RawPath)
        /// Recorded before its process died or its last move failed; only that move was missing.
        case finished(Inspection, folder: RawPath)
        /// The frame was removed by the camera before it was claimed.
        case gone
    }

    /// Inspects one frame.
    ///
    /// - Parameters:
    ///   - claim: the frame's claim, with this attempt counted.
    ///   - onTaken: called when the frame has left its folder.
    /// - Throws: transient failures: `SystemError`, `LedgerError`, and errors of the model or the configuration.
    func inspect(_ frame: ClaimedFrame, _ claim: Claim, onTaken: () -> Void = {}) throws -> Outcome {
        if !frame.isTaken, let recorded = try finishIfRecorded(claim, frame.line) { return recorded }
        guard let taken = try take(frame, claim, onTaken) else { return .gone }
        // The file's bytes are released after the examination: the next steps wait for the disk.
        let examined = try examine(try read(taken))
        let recorded = try record(examined)
        try finish(recorded)
        return .inspected(recorded.inspection, folder: recorded.folder)
    }

    // MARK: Take

    /// A frame out of its folder, or left in it by a line that keeps its originals.
    private struct TakenFrame {
        let claim: Claim
        let line: Configuration.Line
        /// Milliseconds that it has waited so far.
        let waited: Double
    }

    /// - Returns: nil when the frame was removed before it could be taken.
    private func take(_ frame: ClaimedFrame, _ claim: Claim, _ onTaken: () -> Void) throws -> TakenFrame? {
        let waited = ContinuousClock.now.milliseconds(since: frame.seen)
        if !frame.isTaken {
            guard try storage.spool.take(claim) else { return nil }
            onTaken()
        }
        return TakenFrame(claim: claim, line: frame.line, waited: waited)
    }

    // MARK: Read

    /// A frame's file in memory, or the reason why it can never be read.
    private struct ReadFrame {
        let taken: TakenFrame
        /// The file's status when it was read; nil for one that was not.
        let status: FileStatus?
        let contents: Result<Data, InspectionError>
    }

    private func read(_ taken: TakenFrame) throws -> ReadFrame {
        let claim = taken.claim
        if let reason = claim.reasonNotToRetry {
            return ReadFrame(taken: taken, status: nil, contents: .failure(reason))
        }
        progress.begin("read")
        let follows = claim.isKept && claim.isLink
        switch try settled({ try storage.files.status(claim.frame, followsLinks: follows) }) {
        case .failure(let reason): return ReadFrame(taken: taken, status: nil, contents: .failure(reason))
        case .success(let status):
            let contents = try settled {
                let data = try storage.files.read(claim.frame, followsLinks: follows)
                CrashPoint.frameRead.reached()
                return data
            }
            return ReadFrame(taken: taken, status: status, contents: contents)
        }
    }

    // MARK: Examine

    /// The data to record about a frame.
    private struct ExaminedFrame {
        let taken: TakenFrame
        /// The file's status when it was read.
        let status: FileStatus?
        var inspection: Inspection
        /// Contents of the files beside `result.json`, by name.
        var pictures: [String: Data] = [:]
        /// The calibration that decided; nil without a decision.
        var calibration: Calibration?
    }

    private func examine(_ read: ReadFrame) throws -> ExaminedFrame {
        let (claim, line) = (read.taken.claim, read.taken.line)
        var image = ImageInfo(path: claim.original.description)
        let data: Data
        switch read.contents {
        case .failure(let reason): return refused(read, image, reason, waited: read.taken.waited)
        case .success(let contents): data = contents
        }
        image.sha256 = ContentDigest.sha256(of: data)
        let model = try models.current(for: line)
        progress.rest()
        let waiting = ContinuousClock.now
        return try examiners.withExaminer { examiner in
            let waited = read.taken.waited + ContinuousClock.now.milliseconds(since: waiting)
            let examined = try settled {
                try examine(data, read, image, waited: waited, with: model, examiner)
            }
            switch examined {
            case .success(let frame): return frame
            case .failure(let reason): return refused(read, image, reason, waited: waited)
            }
        }
    }

    private func examine(
        _ data: Data, _ read: ReadFrame, _ image: ImageInfo, waited: Double, with model: ServingModel,
        _ examiner: FrameExaminer
    ) throws -> ExaminedFrame {
        let (claim, line) = (read.taken.claim, read.taken.line)
        let examination = try examiner.examine(data, with: model) { progress.begin($0, computing: claim.id) }
        CrashPoint.examined.reached()
        remarks.tell(examination, of: claim)
        progress.begin("encode", computing: claim.id)
        let start = ContinuousClock.now
        var inspection = examination.inspection(
            resultID: claim.id, line: claim.line, image: image, createdAt: Date())
        let pictures = try ResultImages(
            examination, of: inspection, overlay: line.overlay, map: line.map, threads: examiner.threads)
        inspection.files = pictures.listing
        inspection.map = pictures.placement
        inspection.timingMilliseconds.write = ContinuousClock.now.milliseconds(since: start)
        inspection.timingMilliseconds.queue = waited
        inspection.supersedes = claim.supersedes
        return ExaminedFrame(
            taken: read.taken, status: read.status, inspection: inspection,
            pictures: Dictionary(uniqueKeysWithValues: pictures.files.map { ($0.name, $0.data) }),
            calibration: examination.calibration)
    }

    /// The record of a frame that can never be inspected.
    private func refused(
        _ read: ReadFrame, _ image: ImageInfo, _ reason: InspectionError, waited: Double
    ) -> ExaminedFrame {
        let claim = read.taken.claim
        var inspection = Inspection(
            resultID: claim.id, line: claim.line, createdAt: Date(), image: image, verdict: .error, error: reason)
        inspection.timingMilliseconds.queue = waited
        inspection.supersedes = claim.supersedes
        return ExaminedFrame(taken: read.taken, status: read.status, inspection: inspection)
    }

    // MARK: Record

    /// A frame whose result is on disk and in the ledger.
    private struct RecordedFrame {
        let taken: TakenFrame
        /// The file's status when it was read.
        let status: FileStatus?
        let inspection: Inspection
        /// The folder of the result.
        let folder: RawPath
    }

    private func record(_ examined: ExaminedFrame) throws -> RecordedFrame {
        progress.begin("write results")
        let (inspection, json) = try examined.inspection.encoded()
        var files = inspection.verdict == .error ? [:] : examined.pictures
        files["result.json"] = json
        let folder = try storage.spool.publish(files, for: examined.taken.claim)
        progress.begin("record")
        try storage.ledger.record(
            inspection, json: json, resultPath: folder.string,
            alert: Alert(about: inspection, resultPath: folder.string))
        CrashPoint.recorded.reached()
        if let calibration = examined.calibration { drift.watch(inspection, calibration) }
        return RecordedFrame(
            taken: examined.taken, status: examined.status, inspection: inspection, folder: folder)
    }

    // MARK: Finish

    private func finish(_ recorded: RecordedFrame) throws {
        progress.begin("finish")
        let taken = recorded.taken
        try finish(taken.claim, recorded.inspection.error, taken.line, read: recorded.status)
    }

    /// The frame's last move, after the ledger's commit.
    private func finish(
        _ claim: Claim, _ error: InspectionError?, _ line: Configuration.Line, read: FileStatus? = nil
    ) throws {
        let spool = storage.spool
        if let earlier = claim.supersedes {
            let folder = try storage.ledger.entry(earlier)?.resultPath
            try spool.supersede(claim, resultFolder: folder.map { RawPath($0) })
        }
        if let error {
            try setAside(claim, error, read: read)
        } else if line.after == .delete {
            try spool.delete(claim)
        } else {
            try spool.archive(claim)
        }
    }

    private func setAside(_ claim: Claim, _ error: InspectionError, read: FileStatus?) throws {
        let now = Date()
        let folder = try storage.spool.quarantine(claim, error: error, read: read, now: now)
        guard let read, let frame = claim.isKept ? claim.original : try storage.spool.frame(in: folder) else { return }
        unfinished.note(
            UnfinishedFrames.Entry(
                id: claim.id, line: claim.line, original: claim.original, frame: frame,
                fingerprint: read.fingerprint, quarantinedAt: now))
    }

    /// Completes a missing last move: the process died, or the move failed, after the ledger's commit. The ledger
    /// determines the move.
    /// - Returns: nil when the frame is not recorded.
    private func finishIfRecorded(_ claim: Claim, _ line: Configuration.Line) throws -> Outcome? {
        progress.begin("claim")
        guard try storage.ledger.contains(claim.id) else { return nil }
        let entry = try storage.ledger.entry(claim.id)
        try finish(claim, entry?.inspection.error, line)
        return entry.map { .finished($0.inspection, folder: RawPath($0.resultPath)) } ?? .gone
    }

    /// A value, or the reason why there can never be one.
    /// - Throws: failures that are transient or not the frame's fault.
    private func settled<Value>(_ body: () throws -> Value) throws -> Result<Value, InspectionError> {
        do {
            return .success(try body())
        } catch {
            guard let reason = InspectionError(settling: error) else { throw error }
            return .failure(reason)
        }
    }
}
