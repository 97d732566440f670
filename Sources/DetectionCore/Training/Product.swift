/// A product that a product gate learns to recognise.
package struct Product: Sendable, Equatable {
    package var name: String
    /// The folder of its images.
    package var folder: String

    package init(name: String, folder: String) { (self.name, self.folder) = (name, folder) }
}
