import Synchronization

/// Each line's serving model. It is resolved when the line's first frame comes and whenever a model, a calibration or
/// the line has changed since; a frame costs no more than the registry's check of `active.json`.
package final class ServingModels: Sendable {
    private let registry: ModelRegistry
    /// By the line's name.
    private let resolved = Mutex<[String: (line: Configuration.Line, serving: ServingModel)]>([:])

    package init(_ registry: ModelRegistry) { self.registry = registry }

    /// The serving model for the line's next frame.
    /// - Throws: `ModelStoreError` for a model that was never loaded and cannot be, `CalibrationRule.TooFewImages`.
    package func current(for line: Configuration.Line) throws -> ServingModel {
        let model = try registry.current(line.model)
        let gate = try line.gate.map(registry.current)
        let known = resolved.withLock { $0[line.name] }
        if let known, known.line == line, known.serving.isOf(model, gate: gate) { return known.serving }
        let serving = try ServingModel(model, gate: gate, for: line)
        resolved.withLock { $0[line.name] = (line, serving) }
        return serving
    }

    /// Forgets lines that are no longer configured, and with them the models that only they used.
    func keepOnly(lines: Set<String>) {
        resolved.withLock { $0 = $0.filter { lines.contains($0.key) } }
    }
}
