import Foundation
import InspectionDomain
import LinuxPlatform
import Logging
import ServiceLifecycle

/// SIGHUP: reads the configuration again, checks all of it, and only then puts it in force. An invalid file changes
/// nothing.
struct ReloadService: Service {
    let configuration: ActiveConfiguration
    let models: ModelRegistry
    let serving: ServingModels
    let health: LineHealth
    let summary: DaemonSummary
    let logger: Logger
    /// Caught from the program's start on, so that no signal is lost.
    let hangups: AsyncStream<Void>

    func run() async throws {
        for await _ in hangups.cancelOnGracefulShutdown() {
            Systemd.reloading()
            reload()
            Systemd.ready(status: summary.text)
        }
    }

    private func reload() {
        guard let file = configuration.current.file else {
            logger.event(.reloadRefused, .error, "reload refused: inspectd was started without a configuration file")
            return
        }
        do {
            let new = try Configuration.load(path: file)
            try check(new)
            let down = health.problems(of: new)
            let mistakes = mistakes(in: new, down)
            guard mistakes.isEmpty else {
                models.keepOnly(configuration.current.modelNames)
                throw ConfigurationErrors(mistakes)
            }
            configuration.replace(new)
            health.adopt(new, down)
            models.keepOnly(new.modelNames)
            serving.keepOnly(lines: Set(new.lines.map(\.name)))
            logger.event(
                .reloaded, .notice, "configuration \(file) reloaded: \(Quantity.text(new.lines.count, of: "line"))")
        } catch {
            logger.event(
                .reloadRefused, .error,
                "reload refused, the previous configuration stays in force: \(ExitStatus.message(of: error))")
        }
    }

    /// The mistakes of the new configuration itself, without problems of a model that the previous one named too: such
    /// a line is down and does not block the reload.
    private func mistakes(in new: Configuration, _ down: [String: [ConfigurationProblem]]) -> [ConfigurationProblem] {
        let old = configuration.current
        return new.lines.flatMap { line -> [ConfigurationProblem] in
            let before = old.line(named: line.name)
            let isKnown = before?.model == line.model && before?.gate == line.gate
            let isAway = before?.watch == line.watch
            return (down[line.name] ?? []).filter { problem in
                switch problem.status {
                case .configuration: !(isAway && problem.key.hasSuffix(".watch"))
                case .noInput: !isKnown
                default: false
                }
            }
        }
    }

    /// Refuses changes that need a restart, and a configuration that the machine cannot serve.
    private func check(_ new: Configuration) throws {
        let old = configuration.current
        func refuse(_ key: String, _ was: String, _ now: String) -> ConfigurationProblem? {
            guard was != now else { return nil }
            return ConfigurationProblem(
                file: new.file ?? "", line: 0, key: key,
                message: "changed from \(was) to \(now): restart inspectd for that (systemctl restart inspectd)")
        }
        let fixed = [
            refuse("state", old.state, new.state), refuse("spool", old.spool, new.spool),
            refuse("workers", "\(old.workers)", "\(new.workers)"),
        ].compactMap { $0 }
        let problems = fixed + ConfigurationCheck.problemsOfAll(new)
        guard problems.isEmpty else { throw ConfigurationErrors(problems) }
    }
}
