import TensorCore

// How to add a layer
//
// A layer is one type in one file of Layers/, which holds all of its parts:
//   1. its data, and how many channels and which cells its output has (`channels(of:)`, `grid(over:in:)`);
//   2. its parameters, by the names that weight files give them (`parameters`, `with`);
//   3. its forward pass on variables, which training differentiates (`forward`);
//   4. its steps in an inference plan (`compile`, of `PlannedLayer`), and the part of its work that a convolution before
//      it may do (`fusion`).
// The defaults below are those of an element-wise layer without parameters. Then the layer gets a line in
// `NetworkBuilder`, by which networks use it. No other code knows the layers by name.

/// The positions of a feature map's cells on the network's input.
package typealias MapGrid = (rows: GridAxis, columns: GridAxis)

/// One layer of a network: shapes, parameters, and the forward pass that training records.
package protocol Layer: Sendable {
    /// Channels of the output, from those of the inputs.
    func channels(of inputs: [Int]) -> Int

    /// The output's cells.
    /// - Parameters:
    ///   - inputs: the inputs' cells.
    ///   - picture: the cells of the network's input.
    func grid(over inputs: [MapGrid], in picture: MapGrid) -> MapGrid

    /// The values that training changes, in the order of `forward` and `with`.
    var parameters: [LayerParameter] { get }
    /// A batch norm's running statistics.
    var statistics: RunningStatistics? { get }
    /// The same layer with other parameters and statistics.
    func with(_ parameters: [Tensor], _ statistics: RunningStatistics?) -> Self

    /// The output for the inputs `[N, H, W, C]`.
    func forward(_ inputs: [Variable], _ pass: inout LayerPass) -> Variable

    /// The function that the layer applies to every element, if it does nothing else.
    var function: Pointwise? { get }
    /// Whether `forward` applies a function that alone reads the output (`LayerPass.function`) by itself, so that one
    /// map less is kept for the gradients.
    var takesFunction: Bool { get }
}

extension Layer {
    package func channels(of inputs: [Int]) -> Int { inputs[0] }
    package func grid(over inputs: [MapGrid], in picture: MapGrid) -> MapGrid { inputs[0] }
    package var parameters: [LayerParameter] { [] }
    package var statistics: RunningStatistics? { nil }
    package func with(_ parameters: [Tensor], _ statistics: RunningStatistics?) -> Self { self }
    package var function: Pointwise? { nil }
    package var takesFunction: Bool { false }
}

/// One of a layer's parameters.
package struct LayerParameter: Sendable {
    /// The part of its name after the layer's scope: `.weight`, `.bias`, or empty.
    package let suffix: String
    package let value: Tensor
    /// Its layout in a weight file.
    package let layout: ParameterLayout

    package init(_ suffix: String, _ value: Tensor, _ layout: ParameterLayout) {
        (self.suffix, self.value, self.layout) = (suffix, value, layout)
    }

    /// A vector.
    package init(_ suffix: String, _ values: [Float]) {
        self.init(suffix, Tensor(shape: [values.count], values: values), .plain(values.count))
    }
}

/// The data of one forward pass that a layer reads besides its inputs.
package struct LayerPass {
    /// The source of batch norms' mean and variance.
    package enum Normalization: Sendable {
        /// Running statistics, which stay unchanged.
        case frozen
        /// The batch; the running statistics move towards it with this momentum (0.1 unless a method says otherwise).
        case batch(momentum: Float)
    }

    /// The network's input.
    package let input: Variable
    /// In the order of `Layer.parameters`.
    package let parameters: [Variable]
    package let normalization: Normalization
    /// Applied after the layer if it `takesFunction`.
    package let function: Pointwise?
    /// A batch norm's statistics; training updates them.
    package var statistics: RunningStatistics?
}
