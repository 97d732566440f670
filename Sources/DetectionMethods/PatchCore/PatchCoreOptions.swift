/// Settings of the PatchCore-like detector.
package struct PatchCoreOptions: Sendable, Equatable {
    package var inputWidth = 224
    package var inputHeight = 224
    /// Levels whose concatenated maps give the patches, the finest decides the grid; nil for the backbone's own.
    package var taps: [String]?
    /// The maximal number of patches in the model.
    package var memory = 1000
    /// The maximal number of candidate patches of the flawless images.
    package var candidates = 20_000
    /// The seed of the candidates.
    package var seed: UInt64 = 0

    package init() {}
}
