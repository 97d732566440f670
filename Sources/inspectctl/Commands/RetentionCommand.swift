import ArgumentParser
import DetectionCore
import InspectionDomain
import InspectionPipeline
import LedgerStore
import Spooling

struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Lists the files that the retention policy would remove now, oldest first.",
        discussion: """
            Removes nothing: the daemon does, at its start and every ten minutes. It removes whole days by age, if \
            their age is certain, at most a third of them within a day; and single results and archived frames while \
            less than `min_free` is free, if that helps. It never removes alerts and quarantined frames. The ledger \
            drops an inspection once its results and its archived frame are past their ages, but none of a line that \
            keeps its frames.

              inspectctl retention --results 14d --min-free 20GiB
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Results older than this, instead of the configuration's.", valueName: "30d"))
    var results: String?

    @Option(help: ArgumentHelp("Archived frames older than this, instead of the configuration's.", valueName: "7d"))
    var archive: String?

    @Option(help: ArgumentHelp("Space to keep free, instead of the configuration's.", valueName: "5GiB"))
    var minFree: String?

    func validate() throws {
        for (name, value) in [("--results", results), ("--archive", archive)] {
            guard let value, Quantity.duration(value) == nil else { continue }
            throw ValidationError("\(name) needs \(Quantity.durationsAllowed), got '\(value)'")
        }
        if let minFree, Quantity.size(minFree) == nil {
            throw ValidationError("--min-free needs \(Quantity.sizesAllowed), got '\(minFree)'")
        }
    }

    func run() throws {
        let configuration = try global.existingConfiguration()
        var policy = configuration.retention
        if let age = results.flatMap(Quantity.duration) { policy.results = age }
        if let age = archive.flatMap(Quantity.duration) { policy.archive = age }
        if let size = minFree.flatMap(Quantity.size) { policy.minFree = size }
        let ledger = try History.ledger(configuration)
        let retention = Retention(
            spool: Spool(root: configuration.spool), hold: try DeliveryHold(configuration, ledger))
        let memory = try retention.memory(state: configuration.state, ledger: ledger)
        let plan = try retention.plan(policy, memory)
        guard global.format == .text else { return try Output.printJSON(plan.removals) }
        var table = Table(["reason", "size", "would be removed"], numeric: [1])
        for one in plan.removals { table.add([one.reason.rawValue, Quantity.text(bytes: one.bytes), one.path]) }
        let total = Quantity.text(bytes: plan.removals.reduce(0) { $0 + $1.bytes })
        Output.print(table.isEmpty ? "no file would be removed" : table.text + "\n\(total) in all; nothing was removed")
        for remark in plan.remarks { Output.print(remark) }
        guard let age = Retention.ledgerAge(policy), let ledger, let limit = memory.forgettable(age) else { return }
        let old = try ledger.count(limit, sparing: Retention.keptLines(configuration))
        Output.print("\(old) inspection\(old == 1 ? "" : "s") older than \(Quantity.text(age)) would leave the ledger")
    }
}
