import AnomalyDetectors
import Foundation
import LinuxPlatform

/// What a well-formed configuration needs of the machine: folders that can be used, models that are there and suffice.
public enum ConfigurationCheck {
    /// - Parameter mayWait: whether a line's folder may be missing for now, because it has been there before.
    /// - Returns: every problem; empty when the daemon can start.
    public static func problems(
        of configuration: Configuration, mayWait: (Configuration.Line) -> Bool = { _ in false }
    ) -> [ConfigurationProblem] {
        let file = configuration.file ?? "built-in defaults"
        var problems: [ConfigurationProblem] = []
        func report(_ key: String, _ message: String) {
            problems.append(ConfigurationProblem(file: file, line: 0, key: key, message: message))
        }
        if configuration.lines.isEmpty {
            report(
                "lines", "there are none: the daemon has nothing to watch; give at least a name and a folder to watch")
        }
        for (key, folder) in [("state", configuration.state), ("spool", configuration.spool)] {
            if let problem = makeUsable(folder) { report(key, problem) }
        }
        let store = ModelStore(folder: configuration.modelsPath)
        for (index, line) in configuration.lines.enumerated() {
            if let problem = unusable(line.watch, writing: line.after != .keep), !mayWait(line) {
                report("lines[\(index)].watch", problem)
            }
            for (key, model) in [("model", line.model), ("gate", line.gate)] {
                do {
                    guard let model else { continue }
                    let active = try store.active(model).current
                    let stored = try store.calibration(model, version: active.version, id: active.calibration)
                    _ = try stored.deciding(for: line.rule)
                    if key == "gate", let problem = try gateProblem(line, model, store, version: active.version) {
                        report("lines[\(index)].gate", "line \(line.name): \(problem)")
                    }
                } catch {
                    report("lines[\(index)].\(key)", "line \(line.name): \(error)")
                }
            }
        }
        return problems
    }

    /// What keeps a model from being the line's gate; nil for nothing.
    private static func gateProblem(
        _ line: Configuration.Line, _ model: String, _ store: ModelStore, version: Int
    ) throws -> String? {
        let record = try store.record(model, version: version)
        guard record.method == DetectionMethod.odin.rawValue else {
            return "model \(model) is of method \(record.method), which tells no products apart; a gate is fitted with "
                + "`inspectctl fit --method odin --class NAME=DIR …`"
        }
        guard let product = line.product else { return nil }
        guard let gate = try store.load(model).model as? ODINModel, !gate.products.contains(product) else { return nil }
        return "model \(model) does not know the product \(product); it knows \(gate.products.joined(separator: ", "))"
    }

    /// Makes the folder when it is missing; says why it cannot be used.
    private static func makeUsable(_ folder: String) -> String? {
        do {
            try FileSystem().makeFolder(RawPath(folder))
        } catch {
            return "cannot make the folder \(folder): \(error); make it, writable for the user inspectd runs as"
        }
        return unusable(folder, writing: true)
    }

    private static func unusable(_ folder: String, writing: Bool) -> String? {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory) else {
            return "there is no folder \(folder): make it, or mount it"
        }
        guard isDirectory.boolValue else { return "\(folder) is a file, not a folder" }
        guard access(folder, R_OK | X_OK) == 0 else { return "\(folder) cannot be read by this user" }
        guard !writing || access(folder, W_OK) == 0 else {
            return
                "\(folder) cannot be written by this user; frames are moved out of it (with `after: keep` it need not be)"
        }
        return nil
    }
}
