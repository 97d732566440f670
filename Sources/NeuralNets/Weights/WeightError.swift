/// The reason why a weight file cannot be used.
package struct WeightError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The file ends before the end that its header states.
        case truncated
        /// Contradicts itself or its format.
        case corrupt
        /// A format, type or compression that is not read.
        case unsupported
        /// Asks for code or objects beyond tensors and plain containers.
        case refused
        /// A tensor is missing or has another shape.
        case mismatch
        /// Cannot be opened.
        case unreadable
    }

    package let code: Code
    /// The action, the expectation and the finding.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
