import ArgumentParser
import InspectionPipeline

struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Makes the ledger agree with the results on disk, after a crash or a damaged disk.",
        discussion: """
            The daemon must be stopped. A ledger that cannot be opened is moved aside, and a new one is filled from \
            the results; alerts are not sent again. Frames in progress are processed when the daemon starts.

              systemctl stop inspectd && inspectctl repair && systemctl start inspectd
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let configuration = try global.existingConfiguration()
        let report = try Repair(configuration).run()
        guard global.format == .text else { return try Output.printJSON(report) }
        var lines = [
            "\(report.results) results checked, \(report.recorded) missing ones recorded in the ledger",
            "\(report.active) frame\(report.active == 1 ? "" : "s") in progress, to be processed when inspectd starts",
        ]
        if let aside = report.damagedLedger { lines.append("the ledger was damaged and moved to \(aside)") }
        lines += report.unreadable.map { "no readable result.json in \($0): check the folder, then remove it" }
        Output.print(lines.joined(separator: "\n"))
    }
}
