import ArgumentParser
import DetectionCore
import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Lists past inspections, newest first: a table, JSON or CSV.",
        discussion: """
              inspectctl history --line plate --verdict anomalous --since 7d \
              inspectctl history --since 24h --limit 100000 --csv > yesterday.csv
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Only inspections of this line.", valueName: "line"), completion: .lines)
    var line: String?

    @Option(
        help: ArgumentHelp(
            "Only inspections with this verdict.", valueName: Verdict.allCases.map(\.rawValue).joined(separator: "|")))
    var verdict: Verdict?

    @Option(help: ArgumentHelp("Only inspections of this last period.", valueName: "7d"))
    var since: String?

    @Option(help: ArgumentHelp("Only inspections with at least this image score.", valueName: "score"))
    var minimumScore: Double?

    @Option(help: ArgumentHelp("At most this many inspections.", valueName: "n"))
    var limit = 50

    @Flag(help: "Print comma-separated values with a header.")
    var csv = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be above 0, got \(limit)") }
        if let since, Quantity.duration(since) == nil {
            throw ValidationError("--since needs \(Quantity.durationsAllowed), got '\(since)'")
        }
        guard !csv || global.format == .text else {
            throw ValidationError("--csv and --format json exclude each other")
        }
    }

    func run() throws {
        let configuration = try global.existingConfiguration()
        if let line, configuration.line(named: line) == nil {
            global.remark("note: the configuration has no line '\(line.printable)'")
        }
        let from = since.flatMap(Quantity.duration).map { Date() - $0.inSeconds }
        let entries = try History.inspections(
            configuration,
            HistoryFilter(line: line, verdict: verdict, since: from, minimumScore: minimumScore, limit: limit))
        if csv {
            Output.print(Self.csv(entries))
        } else if global.format == .json {
            try Output.printJSON(entries.map(Row.init))
        } else {
            Output.print(Self.table(entries))
        }
    }

    /// An inspection and the paths of its files.
    private struct Row: Encodable {
        let entry: HistoryEntry

        enum CodingKeys: String, CodingKey { case resultPath = "result_path" }

        init(_ entry: HistoryEntry) { self.entry = entry }

        func encode(to encoder: any Encoder) throws {
            try entry.inspection.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(entry.resultPath, forKey: .resultPath)
        }
    }

    private static func table(_ entries: [HistoryEntry]) -> String {
        var table = Table(
            ["time", "line", "verdict", "score", "threshold", "p", "frame", "result"], numeric: [3, 4, 5])
        for entry in entries {
            let inspection = entry.inspection
            table.add([
                Output.time(inspection.createdAt), inspection.line,
                inspection.error.map { "error: \($0.code)" } ?? inspection.verdict.rawValue,
                Output.score(inspection.imageScore), Output.score(inspection.imageThreshold),
                inspection.pValue.map { String(format: "%.4f", $0) } ?? "–",
                URL(fileURLWithPath: inspection.image.path).lastPathComponent, entry.resultPath,
            ])
        }
        return table.isEmpty ? "no inspections" : table.text
    }

    static func csv(_ entries: [HistoryEntry]) -> String {
        let header =
            "created_at,line,verdict,image_score,image_threshold,p_value,regions,model,model_version,calibration,error_code,"
            + "image_path,image_sha256,result_id,result_path"
        let rows = entries.map { entry -> String in
            let one = entry.inspection
            let cells = [
                DomainJSON.string(from: one.createdAt), one.line, one.verdict.rawValue,
                one.imageScore.map { String($0) } ?? "", one.imageThreshold.map { String($0) } ?? "",
                one.pValue.map { String($0) } ?? "", String(one.regions.count), one.model?.name ?? "",
                one.model.map { String($0.version) } ?? "", one.calibration?.id ?? "", one.error?.code ?? "",
                one.image.path, one.image.sha256 ?? "", one.resultID, entry.resultPath,
            ]
            return cells.map(CSV.cell).joined(separator: ",")
        }
        return ([header] + rows).joined(separator: "\n")
    }

}

extension Verdict: ExpressibleByArgument {}
