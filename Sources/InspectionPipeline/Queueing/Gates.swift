/// The gates that a frame passes, from the whole daemon's to its own.
struct Gates: Sendable {
    /// The gate of all lines: closed while spool or ledger cannot be written.
    let intake: IntakeGate
    /// The gates of single lines and folders.
    let lines: LineGates
    /// The gate of frames that were in progress when a process died.
    let suspects = SuspectGate()
}
