import Testing

/// The real `inspectd` and `inspectctl`, run as a user and a camera would. One after another: each scenario has the
/// machine.
@Suite(.serialized) struct ProgramTests {}
