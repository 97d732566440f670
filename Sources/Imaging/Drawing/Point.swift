/// A position in an image: continuous, origin at the top left, y downwards. Pixel (i, j) covers i…i+1 and j…j+1.
package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }
}
