import Foundation
import LinuxPlatform
import Logging
import Spooling
import Synchronization

/// The lines that can work. A line whose model is unusable, or whose folder never existed, is down: its frames wait,
/// the other lines continue. It resumes automatically when the files that keep it down have changed and are valid.
final class LineHealth: Sendable {
    /// The files that a line's problems depend on.
    private struct Files: Equatable {
        let models: [FileStamp?]
        /// Whether the folder exists, can be read, and written.
        let folder: [Bool]
    }

    private let models: ModelRegistry
    private let gates: LineGates
    private let incidents: IncidentLog
    /// Whether a line has inspected frames before.
    private let hasWorked: @Sendable (Configuration.Line) -> Bool
    /// Lines that are down, and the state of their files when they were tried last.
    private let tried = Mutex<[String: Files]>([:])

    init(
        models: ModelRegistry, gates: LineGates, incidents: IncidentLog,
        hasWorked: @escaping @Sendable (Configuration.Line) -> Bool
    ) {
        (self.models, self.gates, self.incidents) = (models, gates, incidents)
        self.hasWorked = hasWorked
    }

    /// The problems of each line, by name; loads the models that it needs. Lines without problems are left out.
    func problems(of configuration: Configuration) -> [String: [ConfigurationProblem]] {
        models.preload(configuration.modelNames)
        var found: [String: [ConfigurationProblem]] = [:]
        for (index, line) in configuration.lines.enumerated() {
            let problems = problems(ofLine: index, configuration)
            if !problems.isEmpty { found[line.name] = problems }
        }
        return found
    }

    /// Puts lines with problems out of service, and all others into it.
    func adopt(_ configuration: Configuration, _ problems: [String: [ConfigurationProblem]]) {
        for line in configuration.lines { set(line, problems[line.name] ?? []) }
    }

    /// Retries the lines that are down and whose files have changed.
    func retry(_ configuration: Configuration) {
        models.retryRefused()
        for (index, line) in configuration.lines.enumerated() {
            guard let last = tried.withLock({ $0[line.name] }), files(line) != last else { continue }
            set(line, problems(ofLine: index, configuration))
        }
    }

    private func problems(ofLine index: Int, _ configuration: Configuration) -> [ConfigurationProblem] {
        let line = configuration.lines[index]
        let files = files(line)
        let problems = ConfigurationCheck.problems(
            ofLine: index, of: configuration, mayWait: hasWorked(line), load: models.loaded)
        tried.withLock { $0[line.name] = problems.isEmpty ? nil : files }
        return problems
    }

    private func set(_ line: Configuration.Line, _ problems: [ConfigurationProblem]) {
        let cause = Cause(.lineDown, line: line.name, "down")
        guard !problems.isEmpty else {
            guard gates.down[line.name] != nil else { return }
            gates.setDown(line.name, nil)
            return incidents.ended(cause, "line \(line.name) is up again; its frames are inspected now")
        }
        let reason = problems.map(\.message).joined(separator: "; ")
        gates.setDown(line.name, reason)
        incidents.occurred(
            cause,
            "line \(line.name) is down: \(reason). Its frames wait in their folder, other lines continue; it resumes "
                + "automatically once this is fixed")
    }

    private func files(_ line: Configuration.Line) -> Files {
        Files(
            models: [line.model, line.gate].compactMap { $0 }.flatMap(models.files),
            folder: [[], [.read, .enter], .write].map { FileSystem().permits($0, RawPath(line.watch)) })
    }
}
