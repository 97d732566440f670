/// Why a weight file cannot be used.
public struct WeightError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Ends before its own header says so.
        case truncated
        /// Contradicts itself or its format.
        case corrupt
        /// A format, type or compression that is not read.
        case unsupported
        /// Asks for code or objects beyond tensors and plain containers.
        case refused
        /// Lacks a tensor, or has it in another shape.
        case mismatch
        /// Cannot be opened.
        case unreadable
    }

    public let code: Code
    /// The action, what was expected, and what was found.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
