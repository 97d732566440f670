import Foundation
import Imaging
import InspectionDomain
import LinuxPlatform
import Logging
import ServiceLifecycle
import Spooling
import Synchronization

/// The threads that frames go through, each with one frame at a time. There are several to a core: most wait for the disk, and
/// those that compute share the examiners.
struct InspectionService: Service {
    let context: DaemonContext
    private let framesInWork: Int
    private let examiners: ExaminerPool

    /// Throughput mode computes one frame per core, each on one thread; a single worker spreads its frame over all cores.
    init(context: DaemonContext, workers: Configuration.Workers) {
        self.context = context
        framesInWork = workers.framesInWork
        let limits = context.configuration.current.decodeLimits
        examiners = ExaminerPool(
            count: workers.count, threads: workers.count == 1 ? Configuration.Workers.cores : 1, limits: limits)
    }

    func run() async throws {
        let (context, examiners) = (context, examiners)
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 1...framesInWork {
                    let name = RollCall.worker(index)
                    group.addTask {
                        try await BlockingThread.run(name, on: context.roll) {
                            Scheduling.waitTurns()
                            Worker(context: context, name: name, examiners: examiners).run()
                        }
                    }
                }
                do {
                    for try await _ in group {}
                } catch {
                    // One of them could not be started. Those that were wait for frames, and end with the queue.
                    context.queue.close { $0.frame.isArrival }
                    throw error
                }
            }
        } onCancelOrGracefulShutdown: {
            // The frames in hand are finished; what is queued and not claimed lies in its folder still.
            context.queue.close { $0.frame.isArrival }
        }
    }
}

extension Configuration.Workers {
    static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Frames computed side by side.
    var count: Int {
        switch self {
        case .auto: Self.cores
        case .count(let count): count
        }
    }

    /// Frames between claim and archive at a time. A frame's syncs take about as long as its computing on a good disk and several
    /// times as long on a poor one.
    var framesInWork: Int { 4 * count }
}

/// One thread.
private final class Worker {
    private let context: DaemonContext
    private let name: String
    private let inspector: FrameInspector

    init(context: DaemonContext, name: String, examiners: ExaminerPool) {
        self.context = context
        self.name = name
        inspector = FrameInspector(context: context, worker: name, examiners: examiners)
    }

    /// Frames that are claimed with one record: as many as wait when one worker looks for work, at most.
    private static let together = 16

    func run() {
        while let batch = context.queue.pop(most: Self.together, isBatched: { $0.frame.isArrival }) {
            context.suspects.pass(suspect: batch[0].isSuspect) {
                switch batch[0].frame {
                case .arrived, .unfinished: takeIn(batch)
                case .claimed(let claim, let isTaken): process(batch[0], claim, isTaken: isTaken)
                }
            }
            context.progress.rest(name)
        }
    }

    /// Claims frames together and moves them out of their folders; they come first in the queue then, for whoever is free.
    private func takeIn(_ all: [Work]) {
        guard context.intake.reason == nil else { return context.pending.putBack(all) }
        var (arrived, held): ([Work], [Work]) = ([], [])
        for work in all {
            if context.gates.holds(work.path, line: work.line.name) { held.append(work) } else { arrived.append(work) }
        }
        context.pending.putBack(held)
        guard !arrived.isEmpty else { return }
        context.progress.begin("claim", part: name)
        let claims: [Claim]
        do {
            claims = try context.spool.claim(arrived.compactMap(\.intake))
        } catch {
            if context.intake.note(error, isClaim: true) { return context.pending.putBack(arrived) }
            for work in arrived { tryAgain(work, nil, error) }
            return
        }
        var taken: [Work] = []
        for (index, outcome) in context.spool.take(claims).enumerated() {
            let work = arrived[index], claim = claims[index]
            switch outcome {
            case .success(true):
                if context.gates.passed(.folder(line: work.line.name, work.path.parent)) {
                    context.incidents.ended(
                        Self.untaken(work.line),
                        "line \(work.line.name): frames can be taken from \(work.line.watch) again")
                }
                if !claim.isKept { context.pending.release(work.path) }
                taken.append(
                    Work(
                        frame: .claimed(claim, isTaken: true), line: work.line, seen: work.seen,
                        isInItsFolder: claim.isKept))
            case .success(false): context.pending.end(work)
            case .failure(is FileSystem.StillWritten): leaveToItsWriter(work, claim)
            case .failure(let error): leave(work, claim, error)
            }
        }
        context.queue.putFirst(taken)
    }

    /// A frame on another file system is being written on: it waits in its folder until its writer has finished.
    private func leaveToItsWriter(_ work: Work, _ claim: Claim) {
        do {
            guard try context.spool.release(claim) else { return context.pending.end(work) }
            context.pending.putBack([work])
        } catch {
            tryAgain(work, claim, error)
        }
    }

    private static func untaken(_ line: Configuration.Line) -> Cause {
        Cause(.intakeStopped, line: line.name, "taking frames")
    }

    /// A frame could not be moved out of its folder. It goes back where it lies, and the others of the folder are not tried until
    /// one can be moved.
    private func leave(_ work: Work, _ claim: Claim, _ error: any Error) {
        if context.intake.note(error) {
            // The spool's trouble, or its disk's.
            if (try? context.spool.release(claim)) == true { return context.pending.putBack([work]) }
            return tryAgain(work, claim, error)
        }
        guard (try? context.spool.release(claim)) == true else { return tryAgain(work, claim, error) }
        let folder = work.path.parent, line = work.line.name
        _ = context.pending.rest(work)
        context.gates.failed(
            work.path, at: .folder(line: line, folder), ExitStatus.message(of: error),
            isCertain: context.fileSystem.isUnwritable(folder))
        let waiting = context.board.waiting(line).map { "\($0) frame\($0 == 1 ? "" : "s") waiting" } ?? "frames wait"
        context.incidents.occurred(
            Self.untaken(work.line),
            "line \(line): intake stopped, \(waiting) in \(folder): a frame cannot be moved out of it: "
                + "\(ExitStatus.message(of: error)); trying one now and then",
            fields: [LogField.frame: work.path.description])
    }

    private func process(_ work: Work, _ claimed: Claim, isTaken: Bool) {
        guard context.intake.reason == nil else { return context.pending.putBack([work]) }
        let path = work.original
        var work = work
        var claim = claimed
        var isBegun = false
        do {
            // Before an attempt is counted: a line that cannot work is no fault of its frames.
            if context.gates.down[work.line.name] != nil { return context.pending.postpone([work]) }
            // Noted before the work begins; nothing is worked on when the frame is only set aside.
            if claim.reasonNotToRetry == nil {
                claim = try context.spool.begin(claim, alone: work.isSuspect)
                isBegun = true
            }
            let outcome = try CrashNote.working(on: claim.id) {
                try inspector.inspect(
                    claim, isTaken: isTaken, line: work.line, seen: work.seen,
                    onTaken: {
                        guard work.isInItsFolder, !claim.isKept else { return }
                        context.pending.release(work.path)
                        work.isInItsFolder = false
                    })
            }
            switch outcome {
            case .inspected(let inspection, let folder):
                context.counters.count(inspection.verdict)
                report(inspection, folder)
                if inspection.verdict != .normal { context.alertBell.ring() }
            case .finished(let inspection, let folder):
                context.logger.event(
                    .recovered, .notice, "\(path): was inspected before; its last move is made now",
                    fields: [LogField.line: work.line.name, LogField.frame: path.description])
                // Whether anybody was told before is not known.
                if !work.isSuspect { context.counters.count(inspection.verdict) }
                report(inspection, folder)
                if inspection.verdict != .normal { context.alertBell.ring() }
            case .gone:
                break
            }
            context.gates.passed(.line(work.line.name))
            context.incidents.passed(line: work.line.name)
            context.pending.end(work)
        } catch {
            // Where even this cannot be written, a later kill of this process counts as one while the frame was in work.
            if isBegun { try? context.spool.rest(claim) }
            tryAgain(work, claim, error)
        }
    }

    /// The reason may pass: the frame stays where it is, and its turn comes again.
    private func tryAgain(_ work: Work, _ claim: Claim?, _ error: any Error) {
        let path = work.path
        let isOfAll = context.intake.note(error)
        let pause: Duration
        if claim != nil, !isOfAll {
            context.gates.failed(path, at: .line(work.line.name), ExitStatus.message(of: error))
        }
        if let claim {
            pause = context.pending.retry(
                Work(
                    frame: .claimed(claim, isTaken: false), line: work.line, seen: work.seen, isSuspect: work.isSuspect,
                    isInItsFolder: work.isInItsFolder))
        } else {
            pause = context.pending.rest(work)
        }
        // The gate has said why, once for all.
        guard !isOfAll else { return }
        context.incidents.occurred(
            .frame(error, line: work.line.name),
            "\(path): \(ExitStatus.message(of: error)), retrying in \(Int(pause.inSeconds)) s",
            unit: "failure", fields: [LogField.frame: path.description])
    }

    private func report(_ inspection: Inspection, _ folder: RawPath) {
        var fields = [
            LogField.line: inspection.line, LogField.frame: inspection.image.path,
            LogField.resultID: inspection.resultID, LogField.verdict: inspection.verdict.rawValue,
        ]
        fields[LogField.score] = inspection.imageScore.map { "\($0)" }
        fields[LogField.threshold] = inspection.imageThreshold.map { "\($0)" }
        let (score, threshold) = (inspection.imageScore ?? .nan, inspection.imageThreshold ?? .nan)
        let numbers = "score \(score.scoreText), threshold \(threshold.scoreText)"
        switch inspection.verdict {
        case .normal:
            context.logger.event(
                .normal, .info, "\(inspection.line): \(inspection.image.path) normal, \(numbers)", fields: fields)
        case .anomalous:
            context.logger.event(
                .anomaly, .warning, "\(inspection.line): \(inspection.image.path) ANOMALOUS, \(numbers): \(folder)",
                fields: fields)
        case .error:
            context.logger.event(
                .unreadable, .error,
                "\(inspection.line): \(inspection.image.path) set aside (\(inspection.error?.code ?? "")): "
                    + (inspection.error?.message ?? ""), fields: fields)
        }
    }
}
