import Foundation

/// Stores the latest state of a fit, so that an interrupted fit resumes from it.
package struct CheckpointStore: Sendable {
    /// Nil if there is none.
    package var load: @Sendable () throws -> Data?
    /// Replaces the previous state atomically.
    package var save: @Sendable (Data) throws -> Void
    /// Removes the state after the fit.
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
