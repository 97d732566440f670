import Foundation
import InspectionDomain
import LinuxPlatform
import Synchronization

/// Progress of a long task on stderr: on a terminal a bar with rate and time left, else plain lines every few seconds.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var shown: ContinuousClock.Instant?
    }

    private let title: String
    private let total: Int
    private let enabled: Bool
    private let terminal = OutputDescriptor.standardError.isTerminal
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    init(title: String, total: Int, enabled: Bool) {
        self.title = title
        self.total = total
        self.enabled = enabled
    }

    /// - Parameters:
    ///   - done: units completed so far.
    ///   - detail: shown after the numbers.
    func advance(to done: Int, detail: String = "") {
        let line: String? = state.withLock { state in
            state.done = done
            let now = ContinuousClock.now
            let pause = terminal ? Duration.milliseconds(100) : .seconds(5)
            let due = state.shown.map { now - $0 >= pause } ?? terminal
            if state.shown == nil, !terminal { state.shown = now }
            guard enabled, due || (state.done >= total && terminal) else { return nil }
            state.shown = now
            return text(state.done, seconds: (now - start).inSeconds) + (detail.isEmpty ? "" : "  " + detail)
        }
        if let line { put(line) }
    }

    /// Ends the line with the total time.
    func finish() {
        guard enabled else { return }
        let done = state.withLock { $0.done }
        let seconds = (ContinuousClock.now - start).inSeconds
        let rate = String(format: "%.1f/s", Double(done) / max(seconds, 1e-3))
        put("\(title): \(done) in \(Self.clock(seconds)), \(rate)", last: true)
    }

    private func text(_ done: Int, seconds: Double) -> String {
        let rate = Double(done) / max(seconds, 1e-3)
        let left = rate > 0 ? Double(max(0, total - done)) / rate : 0
        let numbers = String(format: "%d/%d  %.1f/s  %@ left", done, total, rate, Self.clock(left))
        guard terminal else { return "\(title): \(numbers)" }
        let width = 28
        let filled = total > 0 ? min(width, width * done / total) : width
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return "\(title)  \(bar)  \(numbers)"
    }

    private func put(_ unsafe: String, last: Bool = false) {
        let text = unsafe.printable
        let line = terminal ? "\r\u{1B}[2K\(text)" + (last ? "\n" : "") : text + "\n"
        FileHandle.standardError.write(Data(line.utf8))
    }

    /// `0:07`, `2:31`, `1:02:03`
    private static func clock(_ seconds: Double) -> String {
        let total = Int(seconds.rounded())
        let (h, m, s) = (total / 3600, total / 60 % 60, total % 60)
        return h > 0 ? String(format: "%d:%02d:%02d", h, m, s) : String(format: "%d:%02d", m, s)
    }
}
