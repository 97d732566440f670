import LinuxPlatform
import Spooling

/// Transient failures of frames: the frame stays where it is and is retried.
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

    /// A claim could not be completed.
    func retry(_ frame: ClaimedFrame, _ error: any Error) {
        let isOfAll = gates.intake.note(error)
        if !isOfAll {
            gates.lines.failed(frame.path, at: .line(frame.line.name), ExitStatus.message(of: error))
        }
        let pause = flow.resting.retry(frame)
        tell(error, frame.path, frame.line.name, pause, isOfAll: isOfAll)
    }

    /// A frame of the line was completed.
    func passed(line: String) {
        gates.lines.passed(.line(line))
        incidents.passed(line: line)
    }

    private func tell(_ error: any Error, _ path: RawPath, _ line: String, _ pause: Duration, isOfAll: Bool) {
        // The gate has logged the reason once for all frames.
        guard !isOfAll else { return }
        incidents.occurred(
            .frame(error, line: line),
            "\(path): \(ExitStatus.message(of: error)), retrying in \(Int(pause.inSeconds)) s",
            unit: "failure", fields: [LogField.frame: path.description])
    }
}
