import Foundation

extension Double {
    /// A score or threshold for people: six significant digits, because an ODIN gate's scores differ in the fourth
    /// only.
    package var scoreText: String { String(format: "%.6g", self) }
}
