import DetectionCore
import DetectionMethods
import Foundation
import InspectionDomain
import LinuxPlatform

/// Checks a well-formed configuration against the machine: folders must be usable, models must exist and suffice.
package enum ConfigurationCheck {
    /// - Returns: every problem, those of the models' files included; empty when the daemon can start and every line
    ///   works.
    package static func problems(of configuration: Configuration) -> [ConfigurationProblem] {
        let store = ModelStore(folder: configuration.modelsPath)
        var models: [String: Result<LoadedModel, any Error>] = [:]
        var problems = problemsOfAll(configuration)
        for index in configuration.lines.indices {
            problems += self.problems(ofLine: index, of: configuration) { name in
                let model = models[name] ?? Result { try store.load(name) }
                models[name] = model
                return try model.get()
            }
        }
        return problems
    }

    /// The problems that keep the whole daemon from working.
    static func problemsOfAll(_ configuration: Configuration) -> [ConfigurationProblem] {
        let file = configuration.file ?? "built-in defaults"
        var problems: [ConfigurationProblem] = []
        func report(_ key: String, _ message: String) {
            problems.append(ConfigurationProblem(file: file, line: 0, key: key, message: message))
        }
        if configuration.lines.isEmpty {
            report(
                "lines", "none is configured, so there is nothing to watch; give at least a name and a folder to watch")
        }
        for (key, folder) in [("state", configuration.state), ("spool", configuration.spool)] {
            if let problem = unusableForUs(folder) { report(key, problem) }
        }
        if let problem = unreachableSpace(configuration) { report("retention.min_free", problem) }
        return problems
    }

    /// The problems that keep one line from working.
    ///
    /// - Parameters:
    ///   - mayWait: the folder may be missing for now, because it has existed before.
    ///   - load: gives a model whose self-test frame has scored as stored.
    static func problems(
        ofLine index: Int, of configuration: Configuration, mayWait: Bool = false, load: (String) throws -> LoadedModel
    ) -> [ConfigurationProblem] {
        let line = configuration.lines[index]
        var problems: [ConfigurationProblem] = []
        func report(_ key: String, _ message: String, _ status: ExitStatus = .configuration) {
            problems.append(
                ConfigurationProblem(
                    file: configuration.file ?? "built-in defaults", line: 0, key: "lines[\(index)].\(key)",
                    message: message, status: status))
        }
        if let problem = unusable(line.watch, writing: line.after != .keep), !mayWait { report("watch", problem) }
        for (key, name) in [("model", line.model), ("gate", line.gate)] {
            guard let name else { continue }
            do {
                let model = try load(name)
                _ = try model.stored.deciding(for: line.rule)
                if key == "gate", let problem = gateProblem(line, model) {
                    report(key, "line \(line.name): \(problem)")
                }
            } catch let error as CalibrationRule.TooFewImages {
                report(key, "line \(line.name): \(error)")
            } catch {
                report(key, "line \(line.name): \(ExitStatus.message(of: error))", ExitStatus(for: error))
            }
        }
        return problems
    }

    /// The usable share of a file system: the rest holds its own tables, and blocks reserved for root.
    private static let usable = 0.95

    /// The reason why `min_free` can never be free; nil when none is known.
    private static func unreachableSpace(_ configuration: Configuration) -> String? {
        let spool = RawPath(configuration.spool)
        guard let minimum = configuration.retention.minFree, let total = try? FileSystem().totalSpace(spool),
            Double(minimum) > usable * Double(total)
        else { return nil }
        return "\(Quantity.text(bytes: minimum)) can never be free: the file system of \(spool) holds "
            + "\(Quantity.text(bytes: total)) in all, and frames in progress, results and archive need room too; lower it"
    }

    /// The reason why a model cannot be the line's gate; nil for none.
    private static func gateProblem(_ line: Configuration.Line, _ loaded: LoadedModel) -> String? {
        let record = loaded.record, model = record.name
        guard MethodRegistry.isGate(record.method) else {
            return "model \(model) is of method \(record.method), which cannot tell products apart; fit a gate with "
                + "`inspectctl fit odin --class NAME=DIR …`"
        }
        guard let product = line.product else { return nil }
        guard let gate = loaded.model as? any ProductGateModel, !gate.products.contains(product) else { return nil }
        return "model \(model) does not know the product \(product); it knows \(gate.products.joined(separator: ", "))"
    }

    /// The reason why state or spool cannot be used. The daemon creates them when it starts; this check only asks
    /// whether it could be.
    private static func unusableForUs(_ folder: String) -> String? {
        let files = FileSystem()
        do {
            guard try !files.exists(RawPath(folder)) else { return unusable(folder, writing: true) }
            var above = RawPath(folder).parent
            while try !files.exists(above), above.parent != above { above = above.parent }
            guard try files.status(above, followsLinks: true).kind == .folder else {
                return "cannot create the folder \(folder.printable): \(above) is a file, not a folder"
            }
            guard files.permits([.write, .enter], above) else {
                return "cannot create the folder \(folder.printable): \(above) cannot be written by this user; "
                    + "create it, writable for the user that inspectd runs as"
            }
            return nil
        } catch {
            return "cannot use the folder \(folder.printable): \(error)"
        }
    }

    private static func unusable(_ folder: String, writing: Bool) -> String? {
        let kind: FileKind
        do {
            kind = try FileSystem().status(RawPath(folder), followsLinks: true).kind
        } catch let error as SystemError where error.isMissing {
            return "the folder \(folder) does not exist: create it, or mount it"
        } catch {
            return "cannot use the folder \(folder): \(error)"
        }
        guard kind == .folder else { return "\(folder) is a file, not a folder" }
        guard FileSystem().permits([.read, .enter], RawPath(folder)) else {
            return "\(folder) cannot be read by this user"
        }
        guard !writing || FileSystem().permits(.write, RawPath(folder)) else {
            return
                "\(folder) cannot be written by this user; frames are moved out of it, except with `after: keep`"
        }
        return nil
    }
}
