import DetectionCore
import Synchronization

/// One progress bar per phase of a long task.
final class PhaseProgress: Sendable {
    private let options: @Sendable (String, Int) -> ProgressBar
    private let current = Mutex<(phase: String, bar: ProgressBar)?>(nil)

    private let speak: @Sendable (String) -> Void

    init(_ global: GlobalOptions) {
        let quiet = global.quiet
        speak = { GlobalOptions.remark($0, quiet: quiet) }
        options = { ProgressBar(title: $0, total: $1, enabled: !quiet) }
    }

    /// Can be called from any thread.
    var callback: WorkProgress {
        { done, total, phase in
            let parts = phase.split(separator: ": ", maxSplits: 1).map(String.init), name = parts.first ?? ""
            let bar = self.current.withLock { current -> ProgressBar in
                if let current, current.phase == name { return current.bar }
                current?.bar.finish()
                let bar = self.options(name, total)
                current = (name, bar)
                return bar
            }
            bar.advance(to: done, detail: parts.count > 1 ? parts[1] : "")
        }
    }

    /// Prints a remark between the bars, on its own line. Can be called from any thread.
    var remark: @Sendable (String) -> Void {
        { text in
            self.finish()
            self.speak(text)
        }
    }

    func finish() {
        current.withLock { current in
            current?.bar.finish()
            current = nil
        }
    }
}
