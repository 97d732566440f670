import InspectionDomain
import LedgerStore
import LinuxPlatform

/// The records that a sink of the gateway has not had: retention keeps them and their results longer than their age, up
/// to `gateway.hold`. Room for `min_free` is made all the same: a message is in the ledger, only its pictures go.
package struct DeliveryHold: Sendable, Equatable {
    /// The first day of each line with a result that is held, by its name.
    package var days: [String: String] = [:]
    /// Numbers from this one on are held; nil for none.
    package var sequence: Int64?
    /// How much longer than their age.
    package var time = Duration.zero
    /// The sinks that have not had something.
    package var sinks: [String] = []
    /// Why everything is held: it is not known what the sinks have had.
    package var doubt: String?

    /// Nothing is held.
    package init() {}

    /// The records that the configured sinks have not had by the gateway's last report. A sink that the gateway has not met yet will
    /// start with the next record.
    /// - Throws: `LedgerError`.
    package init(_ configuration: Configuration, _ ledger: Ledger?) throws {
        guard let settings = configuration.gateway, let ledger else { return }
        time = settings.hold
        let report: GatewayReport?
        do {
            report = try GatewayReport.read(state: settings.state)
        } catch {
            (sequence, doubt, sinks) = (0, "the gateway's report cannot be read: \(error)", settings.sinks.map(\.name))
            return
        }
        let identity = try ledger.identity(), latest = try ledger.latestSequences()
        for sink in settings.sinks {
            guard let positions = report?.sinks.first(where: { $0.name == sink.name })?.positions else { continue }
            for (line, newest) in latest where sink.filter.admits(line: line) {
                let position = positions.reached(line, in: identity)
                guard newest > position, let first = try ledger.first(line: line, after: position) else { continue }
                sequence = min(sequence ?? .max, first.sequence)
                if let day = Self.day(first.resultPath) { days[line] = min(days[line] ?? day, day) }
                if sinks.last != sink.name { sinks.append(sink.name) }
            }
        }
    }

    /// `2026-01-31` in `…/<line>/<day>/<stem>-<id>`.
    private static func day(_ resultPath: String) -> String? {
        let parts = resultPath.split(separator: "/")
        guard parts.count >= 2, RetentionMemory.start(ofDay: String(parts[parts.count - 2])) != nil else { return nil }
        return String(parts[parts.count - 2])
    }

    /// Whether a day's folder, `results/<line>/<day>`, holds a result that a sink has not had.
    func holds(_ key: String) -> Bool {
        let parts = key.split(separator: "/").map(String.init)
        guard parts.count == 3, parts[0] == "results" else { return false }
        return doubt != nil || days[parts[1]].map { $0 <= parts[2] } ?? false
    }

    /// For the log and `inspectctl retention`; nil when nothing is held.
    package var words: String? {
        guard sequence != nil else { return nil }
        let why = doubt ?? "not delivered yet to \(sinks.joined(separator: ", "))"
        return "records and results past their age are kept up to \(Quantity.text(time)) longer: \(why)"
    }
}
