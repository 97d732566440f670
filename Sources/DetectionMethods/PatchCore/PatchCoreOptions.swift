/// Settings of the PatchCore-like detector.
public struct PatchCoreOptions: Sendable, Equatable {
    public var inputWidth = 224
    public var inputHeight = 224
    /// Levels whose concatenated maps make the patches, the finest decides the grid; nil for the backbone's own.
    public var taps: [String]?
    /// Patches that the model remembers, at most.
    public var memory = 1000
    /// Patches of the flawless images that these are chosen from, at most.
    public var candidates = 20_000
    /// Draws the candidates.
    public var seed: UInt64 = 0

    public init() {}
}
