import Foundation
import Imaging

/// A file of a fit's or an evaluation's report, as it goes to disk: a chart in SVG, or a contact sheet in PNG.
package struct ReportFile: Sendable {
    package let name: String
    package let data: Data

    package init(_ name: String, _ data: Data) { (self.name, self.data) = (name, data) }

    /// - Throws: `ImageError`.
    package init(_ name: String, png picture: Frame) throws {
        self.init(name, try picture.encodedPNG(compression: .small))
    }
}
