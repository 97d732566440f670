import Foundation
import LinuxPlatform
import Logging
import ServiceLifecycle
import UnixSignals

/// SIGHUP: reads the configuration again, checks all of it, and only then puts it in force. A wrong file changes nothing.
struct ReloadService: Service {
    let context: DaemonContext
    /// Trapped before the daemon says that it is ready, so that no signal is lost.
    let hangups: UnixSignalsSequence

    func run() async throws {
        for await _ in hangups.cancelOnGracefulShutdown() {
            Systemd.reloading()
            reload()
            Systemd.ready(status: context.statusText)
        }
    }

    private func reload() {
        let logger = context.logger
        guard let file = context.configuration.current.file else {
            logger.event(.reloadRefused, .error, "reload refused: inspectd was started without a configuration file")
            return
        }
        do {
            let new = try Configuration.load(path: file)
            try check(new)
            for name in new.modelNames { try context.models.require(name) }
            context.configuration.replace(new)
            context.models.keepOnly(new.modelNames)
            logger.event(.reloaded, .notice, "configuration \(file) reloaded: \(new.lines.count) line(s)")
        } catch {
            logger.event(
                .reloadRefused, .error,
                "reload refused, the former configuration stays in force: \(ExitStatus.message(of: error))")
        }
    }

    /// What cannot change while the daemon runs, and what the machine lacks.
    private func check(_ new: Configuration) throws {
        let old = context.configuration.current
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
        let problems = fixed + ConfigurationCheck.problems(of: new) { old.line(named: $0.name)?.watch == $0.watch }
        guard problems.isEmpty else { throw ConfigurationErrors(problems) }
    }
}
