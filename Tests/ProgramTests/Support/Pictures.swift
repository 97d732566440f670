import Foundation
import Imaging
import SampleFrames

/// Small sample images: quick to draw, and each of its own bytes.
enum Pictures {
    static let size = SampleFrames.Size(width: 160, height: 120)

    static func flawless(_ index: Int) throws -> Data {
        try SampleFrames.flawless(.plate, index: index, size: size).encodedJPEG(quality: 90)
    }

    /// A part with two splashes of paint: nothing that a camera or a light could do.
    static func defective(_ index: Int) throws -> Data {
        var canvas = Canvas(SampleFrames.flawless(.plate, index: index, size: size))
        let shift = Double(index % 20), paint = Colour(230, 20, 160)
        for centre in [Point(35 + shift, 40), Point(115 + shift, 85)] {
            canvas.fillCircle(centre: centre, radius: 12, paint)
        }
        return try canvas.frame.encodedJPEG(quality: 90)
    }

    /// An image that takes a moment to inspect: long enough to be caught at work.
    static func large(_ index: Int) throws -> Data {
        try SampleFrames.flawless(.plate, index: index, size: size).resized(width: 4000, height: 3000)
            .encodedJPEG(quality: 90)
    }

    /// The size of a camera's frames: 1024 × 768.
    static func camera(_ index: Int) throws -> Data {
        try SampleFrames.flawless(.plate, index: index, size: .init(width: 1024, height: 768)).encodedJPEG(quality: 90)
    }

    /// Writes flawless images.
    /// - Returns: the folder's path.
    static func write(_ count: Int, from first: Int, to folder: URL) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for index in first..<(first + count) {
            try flawless(index).write(to: folder.appendingPathComponent("\(index).jpg"))
        }
        return folder.path
    }
}
