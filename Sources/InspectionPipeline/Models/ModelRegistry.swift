import Dispatch
import Foundation
import LinuxPlatform
import Logging
import Synchronization

/// The running daemon's models: looked up before every frame, swapped when `active.json` has changed.
///
/// A swap happens between frames: a frame in progress keeps the model it began with. When the new state cannot be used,
/// the old one stays in service and the log says why; the same state is not retried until it changes.
package final class ModelRegistry: Sendable {
    private struct Entry {
        var loaded: LoadedModel
        /// The latest state that was tried.
        var tried: FileStamp?
        var isLoading = false
        /// The reason why that state cannot be used, and the files it was read from; nil when it is in service.
        var refusal: (message: String, files: [FileStamp?])?
    }

    private let store: ModelStore
    private let logger: Logger
    private let entries = Mutex<[String: Entry]>([:])

    package init(store: ModelStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Loads a model that must be there.
    package func require(_ name: String) throws {
        guard entries.withLock({ $0[name] == nil }) else { return }
        let loaded = try store.load(name)
        entries.withLock { $0[name] = Entry(loaded: loaded, tried: loaded.stamp) }
        announce(loaded)
    }

    /// Loads models side by side, as many at a time as there are cores. What cannot be loaded is left to the line that
    /// needs it.
    func preload(_ names: Set<String>) {
        let names = entries.withLock { known in names.filter { known[$0] == nil } }.sorted()
        guard !names.isEmpty else { return }
        DispatchQueue.concurrentPerform(iterations: names.count) { try? require(names[$0]) }
        // The networks that scored the self-test frames are gone.
        Memory.giveBack()
    }

    /// A model that must be there, as it is in service.
    /// - Throws: `ModelStoreError`, `ModelError`, `WeightError`.
    func loaded(_ name: String) throws -> LoadedModel {
        try require(name)
        guard let entry = entries.withLock({ $0[name] }) else { return try store.load(name) }
        return entry.loaded
    }

    /// Changed models that cannot be used, with the reason; an earlier state of them is in service.
    var refused: [String: String] { entries.withLock { $0.compactMapValues { $0.refusal?.message } } }

    /// Retries refused models whose files have changed, for example after a restore. Others are retried when
    /// `active.json` changes.
    func retryRefused() {
        let refused = entries.withLock { entries in entries.compactMapValues { $0.refusal } }
        for (name, refusal) in refused where store.stamps(name) != refusal.files {
            let old = entries.withLock { entries -> LoadedModel? in
                guard var entry = entries[name], !entry.isLoading else { return nil }
                (entry.isLoading, entry.tried) = (true, store.stamp(name))
                entries[name] = entry
                return entry.loaded
            }
            if let old { _ = swap(name, old) }
        }
    }

    /// The files that loading a model depends on.
    func files(_ name: String) -> [FileStamp?] { store.stamps(name) }

    /// Forgets models that no line uses.
    package func keepOnly(_ names: Set<String>) {
        entries.withLock { $0 = $0.filter { names.contains($0.key) } }
    }

    /// The model to inspect the next frame with.
    /// - Throws: `ModelStoreError` when it was never loaded and cannot be.
    package func current(_ name: String) throws -> LoadedModel {
        let stamp = store.stamp(name)
        let (entry, load) = entries.withLock { entries -> (Entry?, Bool) in
            guard var entry = entries[name] else { return (nil, true) }
            // The first thread to notice loads; the others continue with the version in service.
            let load = entry.tried != stamp && !entry.isLoading
            if load {
                entry.isLoading = true
                entry.tried = stamp
                entries[name] = entry
            }
            return (entry, load)
        }
        guard let entry else {
            try require(name)
            return try current(name)
        }
        return load ? swap(name, entry.loaded) : entry.loaded
    }

    private func swap(_ name: String, _ old: LoadedModel) -> LoadedModel {
        var result = old
        let files = store.stamps(name)
        var refusal: (message: String, files: [FileStamp?])?
        do {
            result = try store.load(name, previous: old)
            announce(result)
        } catch {
            let message =
                "model \(name) has changed but cannot be used: \(error); version \(old.record.version) stays in service"
            refusal = (message, files)
            logger.event(.modelRefused, .error, message)
        }
        let outcome = refusal
        entries.withLock {
            $0[name]?.loaded = result
            $0[name]?.isLoading = false
            $0[name]?.refusal = outcome
        }
        return result
    }

    private func announce(_ loaded: LoadedModel) {
        let record = loaded.record
        logger.event(
            .modelLoaded, .notice,
            "model \(record.name) version \(record.version) (\(record.method), \(record.backbone)) in service, "
                + "calibration \(loaded.stored.id) on \(loaded.stored.calibration.n) images")
    }
}
