import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import Spooling
import TestSupport
import Testing

/// Retention keeps what a sink has not had, for a while.
@Suite struct DeliveryHoldTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private static func day(_ before: Int) -> String {
        String((now - Double(before) * 86_400).formatted(Date.ISO8601FormatStyle()).prefix(10))
    }

    /// Results of 50, 36 and 35 days ago and of today, of which the sink `mes` has had the oldest.
    private func withPlant(_ body: (inout Configuration, Ledger, GatewayReport) throws -> Void) throws {
        try withTemporaryFolder { folder in
            var configuration = Configuration()
            configuration.spool = folder.path
            configuration.state = folder.appendingPathComponent("state").path
            var gateway = GatewaySettings()
            gateway.state = folder.appendingPathComponent("gateway").path
            gateway.sinks = [SinkSettings(name: "mes", kind: .webhook(WebhookSettings(url: "https://mes/")))]
            configuration.gateway = gateway
            let spool = Spool(root: folder.path)
            try spool.prepare()
            for path in [configuration.state, gateway.state] { try FileSystem().makeFolder(RawPath(path)) }
            let ledger = try Ledger(path: configuration.ledgerPath)
            for (number, before) in [50, 36, 35, 0].enumerated() {
                let result = spool.results / "plate" / Self.day(before) / "part-\(number)"
                try FileSystem().makeFolder(result)
                let inspection = Inspection(
                    resultID: "\(number)", line: "plate", createdAt: Self.now - Double(before) * 86_400,
                    image: ImageInfo(path: "/w"), verdict: .normal)
                try ledger.record(inspection, resultPath: result.string, alert: nil)
            }
            var report = GatewayReport(pid: 1, startedAt: Self.now)
            let positions = SinkPositions(ledger: try ledger.identity(), lines: ["plate": 1], others: 0)
            report.sinks = [GatewayReport.Sink(name: "mes", positions: positions)]
            try body(&configuration, ledger, report)
        }
    }

    /// The days whose results would be removed, and the remarks.
    private func plan(_ configuration: Configuration, _ ledger: Ledger) throws -> (days: [String], remarks: [String]) {
        let retention = Retention(
            spool: Spool(root: configuration.spool), hold: try DeliveryHold(configuration, ledger))
        let reading = ClockReading(wall: Self.now.timeIntervalSince1970, sinceBoot: 1e6, boot: "a")
        let memory = try retention.memory(state: configuration.state, ledger: nil, reading: reading)
        let plan = try retention.plan(.init(results: .seconds(30 * 86_400)), memory, now: Self.now)
        return (plan.removals.map { String($0.path.suffix(10)) }, plan.remarks)
    }

    @Test func results_that_a_sink_has_not_had_are_kept_and_that_is_told() throws {
        try withPlant { configuration, ledger, report in
            try report.write(state: configuration.gateway?.state ?? "")
            let plan = try plan(configuration, ledger)
            #expect(plan.days == [Self.day(50)])
            #expect(
                plan.remarks.contains { $0.contains("not delivered yet to mes") && $0.contains("7d") },
                "\(plan.remarks)")
            #expect(try DeliveryHold(configuration, ledger).sequence == 2)
        }
    }

    @Test func they_are_kept_no_longer_than_configured() throws {
        try withPlant { configuration, ledger, report in
            try report.write(state: configuration.gateway?.state ?? "")
            // At most two of four days are removed at a time.
            configuration.gateway?.hold = .seconds(3 * 86_400)
            #expect(try plan(configuration, ledger).days == [Self.day(50), Self.day(36)])
        }
    }

    @Test func a_sink_that_is_no_longer_configured_or_not_yet_met_holds_nothing() throws {
        try withPlant { configuration, ledger, report in
            #expect(try DeliveryHold(configuration, ledger).sequence == nil, "the gateway has written no report")
            try report.write(state: configuration.gateway?.state ?? "")
            configuration.gateway?.sinks[0].name = "other"
            #expect(try DeliveryHold(configuration, ledger).sequence == nil)
            configuration.gateway = nil
            #expect(try DeliveryHold(configuration, ledger) == DeliveryHold())
        }
    }

    @Test func positions_in_another_ledger_hold_everything() throws {
        try withPlant { configuration, ledger, report in
            var report = report
            report.sinks[0].positions.ledger = "another"
            try report.write(state: configuration.gateway?.state ?? "")
            #expect(try DeliveryHold(configuration, ledger).sequence == 1)
        }
    }

    @Test func a_sink_that_wants_other_lines_holds_nothing() throws {
        try withPlant { configuration, ledger, report in
            try report.write(state: configuration.gateway?.state ?? "")
            configuration.gateway?.sinks[0].filter.lines = ["bottle"]
            #expect(try DeliveryHold(configuration, ledger).sequence == nil)
        }
    }
}
