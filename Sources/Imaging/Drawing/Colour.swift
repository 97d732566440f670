/// A drawing colour: sRGB bytes and opacity.
package struct Colour: Sendable, Equatable {
    package var red: UInt8
    package var green: UInt8
    package var blue: UInt8
    /// 0 (invisible) … 1 (covers).
    package var opacity: Double

    package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8, opacity: Double = 1) {
        precondition((0...1).contains(opacity), "opacity \(opacity), expected 0…1")
        self.red = red
        self.green = green
        self.blue = blue
        self.opacity = opacity
    }

    /// 0 black … 255 white.
    package static func grey(_ level: UInt8, opacity: Double = 1) -> Colour {
        Colour(level, level, level, opacity: opacity)
    }

    /// Red, green, blue.
    var bytes: [UInt8] { [red, green, blue] }

    package func with(opacity: Double) -> Colour { Colour(red, green, blue, opacity: opacity) }

    package static let black = Colour.grey(0)
    package static let white = Colour.grey(255)
    package static let red = Colour(255, 0, 0)
    package static let green = Colour(0, 150, 60)
    package static let blue = Colour(30, 90, 200)
    package static let orange = Colour(240, 130, 0)
}
