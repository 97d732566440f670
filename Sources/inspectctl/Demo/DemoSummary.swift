import DetectionCore
import Foundation
import InspectionDomain
import LedgerStore

/// The results of the demonstration.
struct DemoSummary: Encodable {
    struct Frame: Encodable {
        let line, frame, kind: String
        let verdict: Verdict
        let score, threshold: Double?
        let resultPath: String
        let overlay: String?

        enum CodingKeys: String, CodingKey {
            case line, frame, kind, verdict, score, threshold, overlay
            case resultPath = "result_path"
        }

        init(_ line: String, kind: String, entry: HistoryEntry) {
            let inspection = entry.inspection
            self.line = line
            self.kind = kind
            frame = URL(fileURLWithPath: inspection.image.path).lastPathComponent
            verdict = inspection.verdict
            score = inspection.imageScore
            threshold = inspection.imageThreshold
            resultPath = entry.resultPath
            overlay = inspection.files.overlay.map { "\(entry.resultPath)/\($0)" }
        }

        var isDefective: Bool { kind != "flawless" }
    }

    let frames: [Frame]
    let defective, defectsFound, flawless, falseAlarms: Int
    let seconds: Double

    enum CodingKeys: String, CodingKey {
        case frames, defective, flawless, seconds
        case defectsFound = "defects_found"
        case falseAlarms = "false_alarms"
    }

    init(frames: [Frame], seconds: Double) {
        self.frames = frames
        self.seconds = seconds
        defective = frames.count(where: \.isDefective)
        flawless = frames.count - defective
        defectsFound = frames.count { $0.isDefective && $0.verdict == .anomalous }
        falseAlarms = frames.count { !$0.isDefective && $0.verdict == .anomalous }
    }

    func text(_ demo: DemoFolder) -> String {
        var table = Table(["line", "frame", "truth", "verdict", "score", "threshold", "overlay"], numeric: [4, 5])
        for frame in frames {
            table.add([
                frame.line, frame.frame, frame.kind, frame.verdict.rawValue, Output.score(frame.score),
                Output.score(frame.threshold), frame.overlay ?? frame.resultPath,
            ])
        }
        let example = frames.first { $0.isDefective && $0.verdict == .anomalous }?.overlay ?? "overlay.jpg"
        return """
            \(table.text)

            found \(defectsFound) of \(defective) defective frames; \
            \(falseAlarms) false alarm\(falseAlarms == 1 ? "" : "s") on \(flawless) flawless frames; \
            \(String(format: "%.0f", seconds)) s in all

            An overlay:              xdg-open \(example)
            All results:             \(demo.root)/spool/results
            Pending alerts:          \(demo.root)/spool/alerts/new
            Inspections:             inspectctl history --config \(demo.configurationFile)
            The daemon again:        inspectd --config \(demo.configurationFile), then copy frames from
                                     \(demo.root)/pictures into \(demo.root)/cameras
            """
    }
}
