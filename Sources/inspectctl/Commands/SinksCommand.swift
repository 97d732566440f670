import ArgumentParser
import DetectionCore
import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import LinuxPlatform

struct SinksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sinks", abstract: "Shows and steers where inspectd-gateway delivers records to.",
        discussion: "Run it as root or as a user of the group inspectd.",
        subcommands: [List.self, Test.self, Retry.self, Skip.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the sinks with what waits, and a sink's dead letters.",
            discussion: """
                `waiting` counts the records of the sink's lines that it has not had, whatever their verdict; `lag` is the \
                age of the first of them. With a sink, its first dead letters follow.

                  inspectctl sinks list
                  inspectctl sinks list webhook
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: ArgumentHelp("The sink whose dead letters are listed.", valueName: "sink")) var sink: String?

        private struct Listed: Encodable {
            let id, line, reason: String
            let diedAt: Date

            enum CodingKeys: String, CodingKey {
                case id = "result_id"
                case line, reason
                case diedAt = "refused_at"
            }
        }

        func run() throws {
            let configuration = try global.existingConfiguration()
            guard let sink else {
                let status = try GatewayStatus(
                    try gatewaySettings(configuration), ledger: try History.ledger(configuration))
                guard global.format == .text else { return try Output.printJSON(status.sinks) }
                return Output.print(SinkTable.text(status.sinks))
            }
            let store = try SinkAccess(configuration, sink).store(readOnly: true)
            let letters = try store.deadLetters(sink: sink)
            guard global.format == .text else {
                return try Output.printJSON(
                    letters.map {
                        Listed(id: $0.record.id, line: $0.record.line, reason: $0.reason, diedAt: $0.diedAt)
                    })
            }
            var table = Table(["result", "line", "refused", "reason"])
            for letter in letters {
                table.add([letter.record.id, letter.record.line, Output.time(letter.diedAt), letter.reason])
            }
            let more = try store.deadLetterCount(sink: sink) - letters.count
            Output.print(
                table.isEmpty ? "no dead letters" : table.text + (more > 0 ? "\nand \(more) more" : ""))
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has the running gateway send a test message.",
            discussion: """
                The message has `"test": true` and an id that begins with `test-`; it passes by waiting records. The exit \
                code is 69 when it was not acknowledged.

                  inspectctl sinks test webhook
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: ArgumentHelp("The sink.", valueName: "sink")) var sink: String

        private static let patience = 75.0

        func run() throws {
            let configuration = try global.existingConfiguration()
            let access = try SinkAccess(configuration, sink)
            guard try GatewayStatus(access.settings, ledger: nil).isRunning else {
                throw ProgramError(
                    .unavailable, "inspectd-gateway is not running; start it: systemctl start inspectd-gateway")
            }
            let store = try access.store()
            let number = try store.requestTest(sink: sink)
            let end = Date() + Self.patience
            while Date() < end {
                if let outcome = try store.outcome(ofTest: number) {
                    guard outcome.isDelivered else {
                        throw ProgramError(.unavailable, "the test message was not acknowledged: \(outcome.text)")
                    }
                    return Output.print("sink \(sink) acknowledged the test message")
                }
                usleep(50_000)
            }
            throw ProgramError(
                .unavailable, "inspectd-gateway gave no outcome within \(Int(Self.patience)) s; see its log")
        }
    }

    struct Retry: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has dead letters sent again.",
            discussion: """
                They are sent before newer records of their line, with the same ids. Those that are refused again are \
                dead letters again.

                  inspectctl sinks retry webhook
                  inspectctl sinks retry webhook 0198c2f1a5b3e7d90a1c2
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: ArgumentHelp("The sink.", valueName: "sink")) var sink: String
        @Argument(help: ArgumentHelp("The result of the only one.", valueName: "id")) var id: String?

        func run() throws {
            let store = try SinkAccess(try global.existingConfiguration(), sink).store()
            let count = try store.retry(sink: sink, id: id)
            guard id == nil || count > 0 else {
                throw ProgramError(.noInput, "sink \(sink) has no dead letter \((id ?? "").printable)")
            }
            Output.print("\(Quantity.text(count, of: "dead letter")) will be sent again")
        }
    }

    struct Skip: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives up the records that wait for a sink; it goes on with the next one.",
            discussion: """
                The records stay in the ledger and in the results; dead letters stay too. Without --yes it only tells how \
                many it would be.

                  inspectctl sinks skip webhook
                  inspectctl sinks skip webhook --line plate --yes
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: ArgumentHelp("The sink.", valueName: "sink")) var sink: String
        @Option(help: ArgumentHelp("Only records of this line.", valueName: "line"), completion: .lines)
        var line: String?
        @Flag(help: "Only tell how many it would be, as without --yes.") var dryRun = false
        @Flag(help: "Do it.") var yes = false

        func validate() throws {
            guard !dryRun || !yes else { throw ValidationError("give either --dry-run or --yes") }
        }

        func run() throws {
            let configuration = try global.existingConfiguration()
            let access = try SinkAccess(configuration, sink)
            guard let ledger = try History.ledger(configuration) else {
                throw ProgramError(.noInput, "there is no ledger yet, so nothing waits")
            }
            let store = try access.store(readOnly: !yes)
            guard let positions = try store.positions(sink: sink) else {
                throw ProgramError(.noInput, "the gateway does not know the sink \(sink) yet, so nothing waits for it")
            }
            // Read before the records are counted: what comes later is not skipped.
            let end = try ledger.latestSequence()
            var report = GatewayReport.Sink(name: sink, positions: positions)
            let wanted = access.sink.filter.lines
            try report.count(RecordFilter(lines: line.map { [$0] } ?? wanted), in: ledger)
            let what = "\(Quantity.text(report.waiting, of: "record"))\(line.map { " of line \($0)" } ?? "")"
            guard yes else {
                return Output.print("\(what) would be skipped; nothing was changed (--yes does it)")
            }
            try store.skip(sink: sink, line: line, ledger: try ledger.identity(), to: end)
            Output.print("\(what) skipped")
        }
    }
}

/// The settings of the gateway.
/// - Throws: `ProgramError` without the section.
private func gatewaySettings(_ configuration: Configuration) throws -> GatewaySettings {
    guard let settings = configuration.gateway else {
        throw ProgramError(
            .configuration,
            "\(configuration.file ?? "the configuration") has no section 'gateway', so there are no sinks")
    }
    return settings
}

/// A configured sink, and the gateway's memory of it.
private struct SinkAccess {
    let settings: GatewaySettings
    let sink: SinkSettings

    init(_ configuration: Configuration, _ name: String) throws {
        settings = try gatewaySettings(configuration)
        guard let sink = settings.sinks.first(where: { $0.name == name }) else {
            let names = settings.sinks.map(\.name).joined(separator: ", ")
            throw ProgramError(
                .usage,
                "there is no sink '\(name.printable)'; \(names.isEmpty ? "none is configured" : "there are: \(names)")")
        }
        self.sink = sink
    }

    func store(readOnly: Bool = false) throws -> DeliveryStore {
        let path = RawPath(settings.storePath)
        guard try FileSystem().exists(path) else {
            throw ProgramError(
                .noInput, "there is no \(settings.storePath): inspectd-gateway has not run yet with this configuration")
        }
        guard FileSystem().permits(readOnly ? .read : [.read, .write], path) else { throw SystemError("access", path) }
        return try DeliveryStore(path: settings.storePath, readOnly: readOnly)
    }
}
