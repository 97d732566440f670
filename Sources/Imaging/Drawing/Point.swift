/// A place in a picture: continuous, origin at the top left, y downwards. Pixel (i, j) covers i…i+1 and j…j+1.
public struct Point: Sendable, Equatable {
    public var x: Double
    public var y: Double

    public init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }
}
