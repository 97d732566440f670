import InspectionDomain
import LedgerStore
import LinuxPlatform

/// The common cause of all failures that share one message.
///
/// A cause never holds a frame's name or a path that grows with the number of frames, so that there are few of them.
package struct Cause: Hashable, Sendable {
    /// The message id of its log entries.
    package let kind: EventKind
    /// The only line that it concerns; nil for the whole daemon.
    package var line: String?
    /// Distinguishes causes of one kind: a part of the daemon, a system call with its errno.
    package let what: String

    package init(_ kind: EventKind, line: String? = nil, _ what: String) {
        (self.kind, self.line, self.what) = (kind, line, what)
    }

    /// A frame that cannot be taken or inspected for now.
    package static func frame(_ error: any Error, line: String) -> Cause {
        Cause(.retrying, line: line, "frame: " + name(of: error))
    }

    /// The same for every failure of one kind, whatever file it met.
    static func name(of error: any Error) -> String {
        switch error {
        case let error as SystemError: "\(error.call) \(error.code)"
        case let error as LedgerError: "ledger: \(error.reason)"
        case let error as any ProgramFailure: "\(type(of: error)): \(error.status)"
        default: String(describing: type(of: error))
        }
    }
}
