/// The source of a network's parameters: a weight file, or a formula.
package protocol ParameterSource: Sendable {
    /// The values, row-major in the frameworks' layout, of the tensor with this canonical name.
    /// - Throws: `WeightError` if there is none of this shape.
    func tensor(_ name: String, shape: [Int]) throws -> [Float]
    func contains(_ name: String) -> Bool
    var padding: PaddingStyle { get }
    var batchNormEpsilon: Float { get }
}
