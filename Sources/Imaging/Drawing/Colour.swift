/// A colour to draw with: sRGB bytes and how much of it covers what is below.
public struct Colour: Sendable, Equatable {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8
    /// 0 (invisible) … 1 (covers).
    public var opacity: Double

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8, opacity: Double = 1) {
        precondition((0...1).contains(opacity), "opacity \(opacity), expected 0…1")
        self.red = red
        self.green = green
        self.blue = blue
        self.opacity = opacity
    }

    /// 0 black … 255 white.
    public static func grey(_ level: UInt8, opacity: Double = 1) -> Colour {
        Colour(level, level, level, opacity: opacity)
    }

    /// Red, green, blue.
    var bytes: [UInt8] { [red, green, blue] }

    public func with(opacity: Double) -> Colour { Colour(red, green, blue, opacity: opacity) }

    public static let black = Colour.grey(0)
    public static let white = Colour.grey(255)
    public static let red = Colour(255, 0, 0)
    public static let green = Colour(0, 150, 60)
    public static let blue = Colour(30, 90, 200)
    public static let orange = Colour(240, 130, 0)
}
