/// The programs' exit codes, after `sysexits.h` where it has a code.
package enum ExitStatus: Int32, Sendable {
    /// Done; an anomaly is no error.
    case done = 0
    /// Only with `--fail-on-anomaly`.
    case anomaly = 1
    /// The command line is wrong.
    case usage = 64
    /// An image, a model or a data set is invalid.
    case badData = 65
    /// A named file or folder does not exist.
    case noInput = 66
    /// The daemon or another required service is not available.
    case unavailable = 69
    /// Reading or writing failed.
    case io = 74
    /// The user who runs it may not read or write what it needs.
    case permission = 77
    /// The configuration is wrong; systemd does not restart after it.
    case configuration = 78
}

/// An error with the exit code that it ends a program with.
package protocol ProgramFailure: Error {
    var status: ExitStatus { get }
}

/// A failure of the program itself, with its exit code.
package struct ProgramError: ProgramFailure, Sendable, CustomStringConvertible {
    package let status: ExitStatus
    /// The operation, the expected and the actual state, and the remedy.
    package let message: String

    package init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    package var description: String { message }
}
