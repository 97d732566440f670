/// A product that a gate learns to tell from others.
package struct Product: Sendable, Equatable {
    package var name: String
    /// Its images lie below this folder.
    package var folder: String

    package init(name: String, folder: String) { (self.name, self.folder) = (name, folder) }
}
