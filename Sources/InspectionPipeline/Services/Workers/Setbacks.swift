import LinuxPlatform
import Spooling

/// What becomes of frames when something goes wrong that may pass: the frame stays where it is, and its turn comes again.
struct Setbacks: Sendable {
    let flow: FrameFlow
    let gates: Gates
    let incidents: IncidentLog

    /// A frame could not be claimed.
    func retry(_ frame: ArrivedFrame, _ error: any Error) {
        let isOfAll = gates.intake.note(error)
        let pause = flow.names.rest(frame.path)
        tell(error, frame.path, frame.line.name, pause, isOfAll: isOfAll)
    }

    /// A claim could not be brought to its end.
    func retry(_ frame: ClaimedFrame, _ error: any Error) {
        let isOfAll = gates.intake.note(error)
        if !isOfAll {
            gates.lines.failed(frame.path, at: .line(frame.line.name), ExitStatus.message(of: error))
        }
        let pause = flow.resting.retry(frame)
        tell(error, frame.path, frame.line.name, pause, isOfAll: isOfAll)
    }

    /// A frame of the line went through.
    func passed(line: String) {
        gates.lines.passed(.line(line))
        incidents.passed(line: line)
    }

    private func tell(_ error: any Error, _ path: RawPath, _ line: String, _ pause: Duration, isOfAll: Bool) {
        // The gate has said why, once for all.
        guard !isOfAll else { return }
        incidents.occurred(
            .frame(error, line: line),
            "\(path): \(ExitStatus.message(of: error)), retrying in \(Int(pause.inSeconds)) s",
            unit: "failure", fields: [LogField.frame: path.description])
    }
}
