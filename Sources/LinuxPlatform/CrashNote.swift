import CCrashNote
import Foundation
import Glibc

/// The note of a process that a fatal signal kills: the signal, and the frame that the crashing thread was
/// working on. It proves that a frame crashed the process; a death without a note came from outside.
///
/// The handlers belong to the process: only a program arms them.
package enum CrashNote {
    /// One line of a note.
    package struct Entry: Sendable, Equatable {
        package enum Kind: String, Sendable {
            /// Raised by the processor or the kernel in the thread that worked on the frame.
            case fault
            /// Sent by the process to itself, as `abort()` does.
            case own = "self"
            /// The service manager's SIGABRT, while the frame kept the watchdog from being fed.
            case watchdog
            /// A failing memory module.
            case hardware
            /// Sent by another process.
            case sent
        }

        package let signal: Int32
        package let kind: Kind
        /// The id of the frame that is to blame; nil for none.
        package let frame: String?

        package init(signal: Int32, kind: Kind, frame: String?) {
            (self.signal, self.kind, self.frame) = (signal, kind, frame)
        }

        /// The signal's name in the manual.
        package var signalName: String { CrashNote.name(of: signal) }
    }

    /// Creates the note's file, reserves space in it, and installs the handlers.
    /// - Throws: `SystemError`.
    package static func arm(_ path: RawPath) throws {
        let code = path.withCPath { ccn_open($0) }
        guard code == 0 else { throw SystemError("open", path, code: code) }
        try prepareThread()
    }

    /// Stops noting.
    package static func disarm() { ccn_close() }

    /// Gives the calling thread a stack for signals, so that a stack overflow is noted too.
    /// - Throws: `SystemError`.
    package static func prepareThread() throws {
        let code = ccn_prepare_thread()
        guard code == 0 else { throw SystemError("sigaltstack", RawPath("of a thread"), code: code) }
    }

    /// Attributes the calling thread's work in `body` to the frame, and that of a team of threads that helps it.
    package static func working<Result>(on frame: String, _ body: () throws -> Result) rethrows -> Result {
        ccn_work_on(frame)
        defer { ccn_work_on(nil) }
        return try body()
    }

    /// Sets the frame that keeps the watchdog from being fed; nil for none. For one thread at a time.
    package static func setStuck(_ frame: String?) { ccn_stuck_on(frame) }

    /// The lines of a note; malformed lines are skipped.
    package static func entries(in data: Data) -> [Entry] {
        String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let signal = Int32(words[0]), let kind = Entry.Kind(rawValue: String(words[1]))
            else { return nil }
            return Entry(signal: signal, kind: kind, frame: words[2] == "-" ? nil : String(words[2]))
        }
    }

    /// `SIGSEGV` for 11.
    package static func name(of signal: Int32) -> String {
        let names = [
            SIGSEGV: "SIGSEGV", SIGBUS: "SIGBUS", SIGILL: "SIGILL", SIGFPE: "SIGFPE", SIGABRT: "SIGABRT",
            SIGTRAP: "SIGTRAP",
        ]
        return names[signal] ?? "signal \(signal)"
    }
}
