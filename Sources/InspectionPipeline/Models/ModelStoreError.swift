/// A model cannot be found, read or stored.
public struct ModelStoreError: ProgramFailure, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable { case missing, damaged, refused }

    public let code: Code
    /// What was being done, expected, got, path, and what to do about it.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var status: ExitStatus { code == .missing ? .noInput : .badData }
    public var description: String { message }
}
