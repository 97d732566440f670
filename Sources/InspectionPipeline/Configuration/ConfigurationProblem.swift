import InspectionDomain

/// One thing wrong in a configuration file.
public struct ConfigurationProblem: ProgramFailure, Sendable, Equatable, CustomStringConvertible {
    public var file: String
    /// From 1; 0 when the file as a whole is meant.
    public var line: Int
    /// `lines[0].false_alarm_rate`; empty when no key is meant.
    public var key: String
    /// What was expected, what was found, what is allowed.
    public var message: String
    /// What a program ends with that this keeps from working.
    public var status: ExitStatus

    public init(file: String, line: Int, key: String, message: String, status: ExitStatus = .configuration) {
        self.status = status
        self.file = file
        self.line = line
        self.key = key
        self.message = message
    }

    /// `/etc/inspectd/inspectd.yaml:7: lines[0].after: expected archive, keep or delete, got 'burn'`
    public var description: String {
        "\(file.printable):\(line > 0 ? "\(line):" : "")\(key.isEmpty ? "" : " \(key):") "
            + PrintableText.escaped(message, keepsLines: true)
    }
}

/// Everything wrong in a configuration, in the order of the file's lines.
public struct ConfigurationErrors: ProgramFailure, Sendable, Equatable, CustomStringConvertible {
    public var problems: [ConfigurationProblem]

    public init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// Of all problems; where they differ, that of a failure which may pass, else that of a wrong configuration.
    public var status: ExitStatus {
        let all = Set(problems.map(\.status))
        return all.count == 1 ? all.first ?? .configuration : all.contains(.io) ? .io : .configuration
    }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
