/// Settings of the PatchCore-like detector.
package struct PatchCoreOptions: Sendable, Equatable {
    package var inputWidth = 224
    package var inputHeight = 224
    /// Levels whose concatenated maps make the patches, the finest decides the grid; nil for the backbone's own.
    package var taps: [String]?
    /// Patches that the model remembers, at most.
    package var memory = 1000
    /// Patches of the flawless images that these are chosen from, at most.
    package var candidates = 20_000
    /// Draws the candidates.
    package var seed: UInt64 = 0

    package init() {}
}
