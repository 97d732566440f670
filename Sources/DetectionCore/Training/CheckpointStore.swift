import Foundation

/// Keeps the latest state of a fit, so that an interrupted one resumes where it was.
package struct CheckpointStore: Sendable {
    /// Nil when there is none.
    package var load: @Sendable () throws -> Data?
    /// Replaces the former state, whole or not at all.
    package var save: @Sendable (Data) throws -> Void
    /// Forgets the state: the fit is over.
    package var discard: @Sendable () -> Void
    /// Seconds between two saves within an epoch; every epoch ends with one.
    package var interval = 60.0

    package init(
        load: @escaping @Sendable () throws -> Data?, save: @escaping @Sendable (Data) throws -> Void,
        discard: @escaping @Sendable () -> Void
    ) {
        (self.load, self.save, self.discard) = (load, save, discard)
    }
}
