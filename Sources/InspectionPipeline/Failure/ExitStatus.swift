/// What the programs' exit codes mean: `sysexits.h` where it has a word for it.
package enum ExitStatus: Int32, Sendable {
    /// Done; an anomaly is no error.
    case done = 0
    /// Only with `--fail-on-anomaly`.
    case anomaly = 1
    /// The command line is wrong.
    case usage = 64
    /// A picture, a model or a data set is wrong.
    case badData = 65
    /// A file or folder that was named is not there.
    case noInput = 66
    /// The daemon or something else that is needed is not there.
    case unavailable = 69
    /// Reading or writing failed.
    case io = 74
    /// The user who runs it may not read or write what it needs.
    case permission = 77
    /// The configuration is wrong; systemd does not restart after it.
    case configuration = 78
}

/// An error that knows which exit code it ends a program with.
package protocol ProgramFailure: Error {
    var status: ExitStatus { get }
}

/// A failure of a program's own, with the exit code it ends in.
package struct ProgramError: ProgramFailure, Sendable, CustomStringConvertible {
    package let status: ExitStatus
    /// What was being done, expected, got, and what to do about it.
    package let message: String

    package init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    package var description: String { message }
}
