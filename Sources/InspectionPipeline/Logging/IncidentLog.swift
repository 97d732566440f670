import Foundation
import Logging
import Synchronization

/// One message per repeated cause, with a count.
///
/// A cause's first failure is logged at once, with its remedy. Further ones are counted; a summary follows after a
/// minute, then after ten, then every hour, as long as there is something new to count. When the cause has passed, one
/// message says so. A cause that recurs within ten minutes is not new: its count continues, so that an intermittent
/// cause cannot fill the log either. The log of a day holds some thirty lines of a cause, whatever happens.
package final class IncidentLog: Sendable {
    /// One cause as status shows it.
    package struct Incident: Sendable, Equatable {
        package let cause: Cause
        /// The message of the latest failure.
        package var message: String
        package var level: Logger.Level
        /// The unit of the count: `frame`, `attempt`, `folder`.
        package var unit: String
        package let since: Date
        package var latest: Date
        package var count: Int
    }

    private struct Entry {
        var incident: Incident
        var isOpen = true
        /// Whether it was logged since it opened.
        var isTold = true
        /// Failures that were not logged yet.
        var untold = 0
        var stage = 0
        var nextSummary: ContinuousClock.Instant
        var changed: ContinuousClock.Instant
    }

    private static let pauses: [Duration] = [.seconds(60), .seconds(600), .seconds(3600)]
    /// The time for which a resolved cause is remembered.
    private static let memory = Duration.seconds(600)
    /// A cause that is not ended explicitly counts as resolved after this time without a failure.
    private static let silence = Duration.seconds(3600)

    private let entries = Mutex<[Cause: Entry]>([:])
    private let logger: Logger

    package init(logger: Logger) { self.logger = logger }

    /// Reports a failure.
    ///
    /// - Parameters:
    ///   - message: the event, the file concerned, the next step of the program, and the remedy.
    ///   - unit: the unit of the count, in the singular.
    ///   - total: the current count, for a cause whose extent is known; nil counts one more.
    package func occurred(
        _ cause: Cause, level: Logger.Level = .error, _ message: @autoclosure () -> String, unit: String = "attempt",
        total: Int? = nil, fields: @autoclosure () -> [String: String] = [:], now: ContinuousClock.Instant = .now
    ) {
        let isNew = entries.withLock { entries -> Bool in
            let date = Date()
            guard var entry = entries[cause] else {
                let incident = Incident(
                    cause: cause, message: message(), level: level, unit: unit, since: date, latest: date,
                    count: total ?? 1)
                entries[cause] = Entry(incident: incident, nextSummary: now + Self.pauses[0], changed: now)
                return true
            }
            let more = total.map { max(0, $0 - entry.incident.count) } ?? 1
            if !entry.isOpen { (entry.isOpen, entry.isTold) = (true, false) }
            entry.untold += more
            entry.incident.count = total ?? entry.incident.count + 1
            if total == nil || more > 0 { entry.incident.message = message() }
            (entry.incident.latest, entry.changed) = (date, now)
            entries[cause] = entry
            return false
        }
        if isNew { logger.event(cause.kind, level, message(), fields: Self.fields(cause, fields())) }
    }

    /// Reports that the cause is resolved.
    /// - Parameters:
    ///   - message: the log message; by default, the count.
    ///   - kind: the message's id.
    package func ended(
        _ cause: Cause, _ message: String? = nil, kind: EventKind = .recovered, now: ContinuousClock.Instant = .now
    ) {
        end(where: { $0 == cause }, message, kind, now)
    }

    /// Resolves every cause of a line's frames: one was completed.
    package func passed(line: String, now: ContinuousClock.Instant = .now) {
        end(where: { $0.line == line && $0.kind == .retrying && $0.what.hasPrefix("frame: ") }, nil, .recovered, now)
    }

    /// Forgets what concerns lines that are no longer configured.
    package func keepOnly(lines: Set<String>) {
        entries.withLock { $0 = $0.filter { $0.key.line.map(lines.contains) ?? true } }
    }

    private func end(
        where isMeant: (Cause) -> Bool, _ message: String?, _ kind: EventKind, _ now: ContinuousClock.Instant
    ) {
        let ended = entries.withLock { entries -> [Incident] in
            guard !entries.isEmpty else { return [] }
            return entries.filter { $0.value.isOpen && isMeant($0.key) }.compactMap { cause, entry in
                var entry = entry
                let tells = entry.isTold
                if tells { entry.untold = 0 }
                (entry.isOpen, entry.changed) = (false, now)
                entries[cause] = entry
                return tells ? entry.incident : nil
            }
        }
        for incident in ended {
            let count = Self.count(incident.count, incident.unit), time = Self.time(since: incident.since)
            logger.event(
                kind, .notice, message ?? "resolved after \(count) in \(time): \(incident.message)",
                fields: Self.fields(incident.cause, [:]))
        }
    }

    /// Logs the summaries that are due, and forgets causes resolved long ago. Called about every second.
    package func tick(now: ContinuousClock.Instant = .now) {
        let due = entries.withLock { entries -> [(incident: Incident, more: Int, isOpen: Bool)] in
            var due: [(incident: Incident, more: Int, isOpen: Bool)] = []
            for (cause, entry) in entries {
                var entry = entry
                if entry.untold > 0, now >= entry.nextSummary {
                    due.append((entry.incident, entry.untold, entry.isOpen))
                    (entry.untold, entry.isTold) = (0, true)
                    entry.stage = min(entry.stage + 1, Self.pauses.count - 1)
                    entry.nextSummary = now + Self.pauses[entry.stage]
                } else if now - entry.changed > (entry.isOpen ? Self.silence : Self.memory), entry.untold == 0 {
                    entries[cause] = nil
                    continue
                }
                entries[cause] = entry
            }
            return due
        }
        for (incident, more, isOpen) in due {
            logger.event(
                incident.cause.kind, incident.level,
                "\(Self.count(more, incident.unit, isMore: true))\(isOpen ? "" : ", resolved now"), "
                    + "\(incident.count) in \(Self.time(since: incident.since)): \(incident.message)",
                fields: Self.fields(incident.cause, [:]))
        }
    }

    /// The open incidents, the oldest first.
    package var open: [Incident] {
        entries.withLock { $0.values.filter(\.isOpen).map(\.incident) }.sorted {
            ($0.since, $0.cause.what) < ($1.since, $1.cause.what)
        }
    }

    private static func fields(_ cause: Cause, _ fields: [String: String]) -> [String: String] {
        guard let line = cause.line else { return fields }
        return fields.merging([LogField.line: line]) { given, _ in given }
    }

    /// `1 frame`, `2,000 more frames`
    private static func count(_ count: Int, _ unit: String, isMore: Bool = false) -> String {
        "\(count)\(isMore ? " more" : "") \(unit)\(count == 1 ? "" : "s")"
    }

    /// `40 s`, `12 min`, `3.5 h`
    private static func time(since date: Date) -> String {
        let seconds = max(0, Date().timeIntervalSince(date))
        if seconds < 120 { return "\(Int(seconds)) s" }
        return seconds < 7200 ? "\(Int(seconds / 60)) min" : String(format: "%.1f h", seconds / 3600)
    }
}
