/// A product that a gate learns to tell from others.
public struct Product: Sendable, Equatable {
    public var name: String
    /// Its images lie below this folder.
    public var folder: String

    public init(name: String, folder: String) { (self.name, self.folder) = (name, folder) }
}
