/// What a frame has to pass on its way, from the whole daemon's gate to its own.
struct Gates: Sendable {
    /// Of all lines: closed while spool or ledger cannot be written.
    let intake: IntakeGate
    /// Of one line, or one folder.
    let lines: LineGates
    /// Of a frame that was in work when a process died.
    let suspects = SuspectGate()
}
