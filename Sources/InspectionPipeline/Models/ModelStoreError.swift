/// A model cannot be found, read or stored.
package struct ModelStoreError: ProgramFailure, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable { case missing, damaged, refused }

    package let code: Code
    /// The operation, the expected and the actual state, the path, and the remedy.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var status: ExitStatus { code == .missing ? .noInput : .badData }
    package var description: String { message }
}
