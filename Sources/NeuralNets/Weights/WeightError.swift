/// Why a weight file cannot be used.
package struct WeightError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
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

    package let code: Code
    /// The action, what was expected, and what was found.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
