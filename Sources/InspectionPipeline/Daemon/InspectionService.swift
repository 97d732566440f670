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
        let limits = DecodeLimits(maxPixels: Int(context.configuration.current.maxMegapixels * 1e6))
        examiners = ExaminerPool(
            count: workers.count, threads: workers.count == 1 ? Configuration.Workers.cores : 1, limits: limits)
    }

    func run() async throws {
        let (context, examiners) = (context, examiners)
        await withTaskCancellationOrGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                for index in 1...framesInWork {
                    let name = "worker \(index)"
                    group.addTask {
                        await BlockingThread.run(name) {
                            Scheduling.waitTurns()
                            Worker(context: context, name: name, examiners: examiners).run()
                        }
                    }
                }
            }
        } onCancelOrGracefulShutdown: {
            // The frames in hand are finished; what is queued lies in its folder still.
            context.queue.close()
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

    func run() {
        while let work = context.queue.pop() {
            context.suspects.pass(suspect: work.isRecovered) { process(work) }
            context.progress.rest(name)
        }
    }

    private func process(_ work: Work) {
        guard context.intake.reason == nil else { return context.pending.putBack([work]) }
        let path = work.path
        var claim: Claim? = if case .claimed(let claimed) = work.frame { claimed } else { nil }
        do {
            switch try inspector.inspect(work, claimed: { claim = $0 }) {
            case .inspected(let inspection, let folder):
                context.counters.count(inspection.verdict)
                report(inspection, folder)
                if inspection.verdict != .normal { context.alertBell.ring() }
            case .finished(let inspection, let folder):
                context.logger.event(
                    .recovered, .notice, "\(path): was inspected before; its last move is made now",
                    fields: [LogField.line: work.line.name, LogField.frame: path.description])
                // Whether anybody was told before is not known.
                if !work.isRecovered { context.counters.count(inspection.verdict) }
                report(inspection, folder)
                if inspection.verdict != .normal { context.alertBell.ring() }
            case .gone:
                break
            }
            context.pending.end(path)
        } catch {
            tryAgain(work, claim, path, error)
        }
    }

    /// The reason may pass: the frame stays where it is, and its turn comes again.
    private func tryAgain(_ work: Work, _ claim: Claim?, _ path: RawPath, _ error: any Error) {
        context.intake.note(error)
        let pause: Duration
        if let claim {
            pause = context.pending.retry(Work(frame: .claimed(claim), line: work.line, seen: work.seen), of: path)
        } else {
            pause = context.pending.rest(path)
        }
        context.logger.event(
            .retrying, .error, "\(path): \(ExitStatus.message(of: error)), retrying in \(Int(pause.inSeconds)) s",
            fields: [LogField.line: work.line.name, LogField.frame: path.description])
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
