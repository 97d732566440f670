/// The work of a step: its shape in words, and its cost.
package struct StepWork: Sendable {
    /// As `56×56×24 → 56×56×144`.
    package let shape: String
    /// Floating-point operations, a multiplication and an addition being two; activations do not count.
    package let operations: Double
    /// Bytes of the maps and weights, each read or written once.
    package let bytes: Double

    /// - Parameter floats: that are read or written once.
    init(_ shape: String, operations: Int = 0, floats: Int) {
        self.shape = shape
        (self.operations, bytes) = (Double(operations), 4 * Double(floats))
    }
}
