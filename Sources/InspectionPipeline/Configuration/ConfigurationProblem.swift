import InspectionDomain

/// One problem of a configuration file.
package struct ConfigurationProblem: ProgramFailure, Sendable, Equatable, CustomStringConvertible {
    package var file: String
    /// From 1; 0 when the file as a whole is meant.
    package var line: Int
    /// `lines[0].false_alarm_rate`; empty when no key is meant.
    package var key: String
    /// The expected, the found and the allowed values.
    package var message: String
    /// The exit status of a program that this problem stops.
    package var status: ExitStatus

    package init(file: String, line: Int, key: String, message: String, status: ExitStatus = .configuration) {
        self.status = status
        self.file = file
        self.line = line
        self.key = key
        self.message = message
    }

    /// `/etc/inspectd/inspectd.yaml:7: lines[0].after: expected archive, keep or delete, got 'burn'`
    package var description: String {
        "\(file.printable):\(line > 0 ? "\(line):" : "")\(key.isEmpty ? "" : " \(key):") "
            + PrintableText.escaped(message, keepsLines: true)
    }
}

/// All problems of a configuration, in the order of the file's lines.
package struct ConfigurationErrors: ProgramFailure, Sendable, Equatable, CustomStringConvertible {
    package var problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// The common status of all problems; if they differ, that of a transient failure, else that of an invalid
    /// configuration.
    package var status: ExitStatus {
        let all = Set(problems.map(\.status))
        return all.count == 1 ? all.first ?? .configuration : all.contains(.io) ? .io : .configuration
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
