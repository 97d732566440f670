import Synchronization

/// The configuration in force. Replaced whole by a reload; work that began with the old one finishes with it.
final class ActiveConfiguration: Sendable {
    private let state: Mutex<(configuration: Configuration, revision: Int)>

    init(_ configuration: Configuration) {
        state = Mutex((configuration, 1))
    }

    var current: Configuration { state.withLock { $0.configuration } }
    /// Counts the replacements.
    var revision: Int { state.withLock { $0.revision } }

    func replace(_ configuration: Configuration) {
        state.withLock { state in
            state.configuration = configuration
            state.revision += 1
        }
    }
}
