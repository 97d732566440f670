import ArgumentParser
import DetectionCore
import InspectionPipeline

/// The false-alarm rate that the thresholds promise.
struct RuleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tolerated share of flawless parts called anomalous; the line's, else 0.01.", valueName: "rate"))
    var falseAlarmRate: Double?

    @Option(
        help: ArgumentHelp(
            "Hold the rate with this probability instead of on average; needs more images (299 for 0.01 and 0.95).",
            valueName: "probability"))
    var confidence: Double?

    func validate() throws {
        for (name, value) in [("--false-alarm-rate", falseAlarmRate), ("--confidence", confidence)] {
            if let value, !(value > 0 && value < 1) {
                throw ValidationError("\(name) must be above 0 and below 1, got \(value)")
            }
        }
    }

    /// Whether the command line decides instead of the line's configuration.
    var isExplicit: Bool { falseAlarmRate != nil || confidence != nil }

    func rule(_ line: Configuration.Line?) -> CalibrationRule {
        CalibrationRule(
            rate: falseAlarmRate ?? line?.falseAlarmRate ?? 0.01, confidence: confidence ?? line?.confidence)
    }

    /// These options as arguments of another command.
    var arguments: [String] {
        (falseAlarmRate.map { ["--false-alarm-rate", "\($0)"] } ?? [])
            + (confidence.map { ["--confidence", "\($0)"] } ?? [])
    }
}
