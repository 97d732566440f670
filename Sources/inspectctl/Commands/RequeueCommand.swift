import ArgumentParser
import DetectionCore
import InspectionPipeline

struct RequeueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue", abstract: "Returns quarantined frames to their watched folders.",
        discussion: """
            Without ids and --all, lists the quarantined frames. A requeued frame is inspected again as a new arrival; \
            its previous `error` result stays.

              inspectctl requeue --line plate
              inspectctl requeue 0198c2f1a5b3e7d90a1c2
              inspectctl requeue --line plate --code permission --all
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("Result ids of the frames to requeue.", valueName: "id"), completion: .quarantined)
    var ids: [String] = []

    @Option(help: ArgumentHelp("Only frames of this line.", valueName: "line"), completion: .lines)
    var line: String?

    @Option(
        help: ArgumentHelp("Only frames with this reason, such as truncated or permission.", valueName: "code"),
        completion: .codes)
    var code: String?

    @Flag(help: "Requeue all of them.")
    var all = false

    func validate() throws {
        guard ids.isEmpty || !all else { throw ValidationError("give either ids or --all") }
    }

    func run() throws {
        let requeue = Requeue(try global.existingConfiguration())
        let entries = try requeue.entries(line: line).filter { code == nil || $0.reason.error.code == code }
        guard !ids.isEmpty || all else { return try list(entries) }
        let unknown = ids.filter { id in !entries.contains { $0.reason.resultID == id } }
        guard unknown.isEmpty else {
            throw ProgramError(
                .noInput,
                "not in the quarantine: \(unknown.joined(separator: ", ").printable); "
                    + "`inspectctl requeue` lists the quarantined frames"
            )
        }
        var paths: [String] = []
        for entry in entries where all || ids.contains(entry.reason.resultID) {
            paths.append(try requeue.putBack(entry))
        }
        switch global.format {
        case .json: try Output.printJSON(paths)
        case .text:
            Output.print(
                (paths + ["\(paths.count) frame\(paths.count == 1 ? "" : "s") requeued"]).joined(separator: "\n"))
        }
    }

    private func list(_ entries: [Requeue.Entry]) throws {
        guard global.format == .text else { return try Output.printJSON(entries.map(\.reason)) }
        var table = Table(["id", "line", "since", "reason", "frame", "message"])
        for entry in entries {
            let reason = entry.reason
            table.add([
                reason.resultID, reason.line, Output.time(reason.quarantinedAt), reason.error.code, reason.original,
                reason.error.message,
            ])
        }
        Output.print(table.isEmpty ? "the quarantine is empty" : table.text)
    }
}
