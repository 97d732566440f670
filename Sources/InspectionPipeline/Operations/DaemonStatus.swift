import Foundation
import ImageFolders
import InspectionDomain
import LedgerStore
import LinuxPlatform
import Spooling

/// The daemon's state and queue, as seen from outside.
package struct DaemonStatus: Codable, Sendable, Equatable {
    package struct LineStatus: Codable, Sendable, Equatable {
        package var name: String
        package var watch: String
        /// Frames in the watched folder that wait; nil when the folder cannot be read.
        package var waiting: Int?
        package var quarantined: Int
        /// Entries of the watched folder that are no frames, by reason; absent without any.
        package var skipped: [String: Int]?
        package var model: String
        package var version: Int?
        package var calibration: String?
        package var imageThreshold: Double?
        package var falseAlarmRate: Double?
        /// Counts of the last 24 hours.
        package var normal, anomalous, error: Int
        package var lastInspection: Date?
        /// Frames of the last ten minutes, per minute.
        package var perMinute: Double
        /// Times of the latest thousand frames: in total, and by stage as `timing_ms` in result.json names them.
        package var p50Milliseconds, p95Milliseconds, p99Milliseconds: Double?
        package var stages: [String: Percentiles]
        package var lastError: String?
        package var lastErrorAt: Date?
        /// The time of the calibration in service.
        package var calibratedAt: Date?
        /// The promise of its thresholds, in words.
        package var promise: String?
        /// The estimated time since which its promise no longer holds; nil while it does.
        package var calibrationExpiredSince: Date?
        /// The problem of the line.
        package var problem: String?
        /// Whether the running daemon inspects this line's frames; absent when none runs.
        package var isUp: Bool?
        /// The reason why the running daemon takes no frames from the line's folder; absent when it does.
        package var intakeStopped: String?
        /// Frames that the camera overwrote before they could be taken, since the daemon started.
        package var overwritten: Int?

        enum CodingKeys: String, CodingKey {
            case name, watch, waiting, quarantined, model, version, calibration, promise, normal, anomalous, error,
                problem, overwritten
            case isUp = "up"
            case intakeStopped = "intake_stopped"
            case skipped
            case perMinute = "frames_per_minute"
            case p99Milliseconds = "p99_ms"
            case stages = "stages_ms"
            case lastError = "last_error"
            case lastErrorAt = "last_error_at"
            case calibratedAt = "calibrated_at"
            case calibrationExpiredSince = "calibration_expired_since"
            case imageThreshold = "image_threshold"
            case falseAlarmRate = "false_alarm_rate"
            case lastInspection = "last_inspection"
            case p50Milliseconds = "p50_ms"
            case p95Milliseconds = "p95_ms"
        }
    }

    package var isRunning: Bool
    package var pid: Int32?
    package var startedAt: Date?
    /// The reason why the daemon cannot take frames now; absent when it can.
    package var intakeStopped: String?
    /// Frames in progress.
    package var active: Int
    /// Alerts still in the outbox, and those in `alerts/new` that no consumer has taken yet.
    package var pendingAlerts, deliveredAlerts: Int
    package var inspections: Int
    package var freeBytes: Int?
    package var lines: [LineStatus]
    /// Failures that persist in the running daemon, each cause once, with its count.
    package var incidents: [DaemonReport.Incident]
    /// Absent without the section `gateway`.
    package var gateway: GatewayStatus?

    enum CodingKeys: String, CodingKey {
        case isRunning = "running"
        case pid
        case startedAt = "started_at"
        case intakeStopped = "intake_stopped"
        case active
        case pendingAlerts = "pending_alerts"
        case deliveredAlerts = "alerts_in_new"
        case inspections
        case freeBytes = "free_bytes"
        case lines, incidents, gateway
    }

    /// - Throws: `LedgerError`.
    package init(of configuration: Configuration, now: Date = Date()) throws {
        let spool = Spool(root: configuration.spool)
        let files = FileSystem()
        let ledger = try History.ledger(configuration)
        pid = try RunningDaemon(configuration).pid
        isRunning = pid != nil
        startedAt = isRunning ? try RunMarker(path: configuration.state + "/run.json").read()?.startedAt : nil
        let report = try pid.flatMap { try DaemonReport.read(state: configuration.state, pid: $0) }
        intakeStopped = report?.intakeStopped ?? spool.obstacle()
        incidents = report?.incidents ?? []
        active = try Self.ifThere { try spool.countActive() } ?? 0
        pendingAlerts = try ledger?.pendingAlertCount() ?? 0
        deliveredAlerts = try Self.count(files, spool.alertsNew)
        inspections = try ledger?.count() ?? 0
        gateway = try configuration.gateway.map { try GatewayStatus($0, ledger: ledger) }
        freeBytes = try Self.ifThere { try spool.freeSpace() }
        let summaries = try ledger?.summaries(since: now - 86_400) ?? []
        let store = ModelStore(folder: configuration.modelsPath)
        lines = try configuration.lines.map { line in
            var status = try Self.status(line, summaries.first { $0.line == line.name }, spool, store, ledger)
            status.add(report?.lines.first { $0.name == line.name })
            return status
        }
    }

    private static func status(
        _ line: Configuration.Line, _ summary: LineSummary?, _ spool: Spool, _ store: ModelStore, _ ledger: Ledger?
    ) throws -> LineStatus {
        var status = LineStatus(
            name: line.name, watch: line.watch, waiting: nil,
            quarantined: try count(FileSystem(), spool.quarantine / line.name),
            model: line.model, normal: summary?.normal ?? 0, anomalous: summary?.anomalous ?? 0,
            error: summary?.error ?? 0, lastInspection: summary?.last, perMinute: summary?.perMinute ?? 0,
            p50Milliseconds: summary?.stages[LineSummary.total]?.p50,
            p95Milliseconds: summary?.stages[LineSummary.total]?.p95,
            p99Milliseconds: summary?.stages[LineSummary.total]?.p99, stages: summary?.stages ?? [:],
            lastError: summary?.lastError?.message, lastErrorAt: summary?.lastError?.date)
        do {
            var folder = ImageFolder(RawPath(line.watch), rule: line.images)
            let scan = try folder.scan()
            let arrivals = scan.images
            status.skipped = scan.skipped.isEmpty ? nil : scan.skipped.byName
            status.waiting =
                line.after == .keep
                ? arrivals.count { (try? ledger?.contains(Spool.keptID($0, line: line.name))) != true } : arrivals.count
        } catch {
            status.problem = "\(error)"
        }
        do {
            let active = try store.active(line.model).current
            status.version = active.version
            status.calibration = active.calibration
            let calibration = try store.calibration(line.model, version: active.version, id: active.calibration)
                .deciding(for: line.rule)
            status.imageThreshold = calibration.imageThreshold
            status.falseAlarmRate = calibration.falseAlarmRate
            status.calibratedAt = calibration.createdAt
            status.promise = calibration.promise
            if let expiry = try ledger?.expiry(line: line.name, calibration: calibration.id) {
                status.calibrationExpiredSince = expiry.since
                status.problem = expiry.message(model: line.model)
            }
        } catch let error as SystemError where error.isPermission {
            // The line is fine; the calling user lacks the permission.
            throw error
        } catch {
            status.problem = "\(error)"
        }
        return status
    }

    /// Entries of a folder; none when it is not there.
    /// - Throws: `SystemError` when it is there and cannot be read.
    private static func count(_ files: FileSystem, _ folder: RawPath) throws -> Int {
        try ifThere { try files.list(folder).count { $0.name.bytes.first != UInt8(ascii: ".") } } ?? 0
    }

    /// Nil if the requested data does not exist (yet).
    private static func ifThere<Value>(_ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch let error as SystemError where error.isMissing {
            return nil
        }
    }
}

extension DaemonStatus.LineStatus {
    /// Adds the running daemon's report on the line, which is more precise than a check from outside.
    fileprivate mutating func add(_ report: DaemonReport.Line?) {
        guard let report else { return }
        (isUp, intakeStopped) = (report.isUp, report.intakeStopped)
        skipped = report.scan.skipped.isEmpty ? nil : report.scan.skipped
        overwritten = report.scan.overwritten
        problem = report.problem ?? problem
    }
}

/// The daemon that works in a spool, if one does.
package struct RunningDaemon: Sendable {
    package let pid: Int32?

    /// Reads the lock's holder without touching the lock.
    /// - Throws: `SystemError` when this user may not read it, which does not mean a stopped daemon.
    package init(_ configuration: Configuration) throws {
        pid = try RunningProcess.holder(of: RawPath(configuration.spool + "/lock"), program: "inspectd")
    }
}
