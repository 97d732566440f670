import Synchronization

/// Which differences between a line's frames and the images its model was fitted on the log has told: each once per model
/// version, because every result says it of its own frame.
final class ToldDifferences: Sendable {
    private struct Key: Hashable {
        let line: String, model: String, version: Int, kind: FittedImages.Difference
    }

    private let told = Mutex<Set<Key>>([])

    /// Whether this is the first time.
    func isNew(_ kind: FittedImages.Difference, line: String, model: String, version: Int) -> Bool {
        told.withLock { $0.insert(Key(line: line, model: model, version: version, kind: kind)).inserted }
    }
}
