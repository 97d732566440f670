import Foundation
import Imaging
import TestSupport

/// The reference images, whichever are in the golden folder.
enum GoldenImages {
    static let folder = GoldenFolder.url.appendingPathComponent("pictures")

    /// Names of the images in `subfolder` (the folder itself when empty), sorted.
    static func names(in subfolder: String = "") -> [String] {
        let url = folder.appendingPathComponent(subfolder)
        let all = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return all.filter { $0.hasSuffix(".jpg") || $0.hasSuffix(".png") }.sorted()
    }

    static func data(_ name: String) throws -> Data {
        try Data(contentsOf: folder.appendingPathComponent(name))
    }
}

extension Frame {
    /// All samples as integers, in row order.
    var integers: [Int] {
        switch samples {
        case .eight(let values): values.map(Int.init)
        case .sixteen(let values): values.map(Int.init)
        }
    }

    /// A deterministic image with gradients, edges and some noise.
    static func sample(width: Int, height: Int, channels: Int = 3, bitDepth: Int = 8) -> Frame {
        var state: UInt32 = 12345
        let count = width * height * channels
        let values = (0..<count).map { index -> Int in
            state = state &* 1_664_525 &+ 1_013_904_223
            let x = index / channels % width
            let y = index / channels / width
            let edge = (x / 7 + y / 5) % 2 * 60
            return min(255, x * 100 / width + y * 60 / height + edge + Int(state >> 28))
        }
        let samples: Samples =
            bitDepth == 16
            ? .sixteen(values.enumerated().map { UInt16($1 * 257 - ($1 > 0 ? $0 % 200 : 0)) })
            : .eight(values.map(UInt8.init))
        return Frame(width: width, height: height, channels: channels, samples: samples)
    }
}

/// The error `body` throws, or nil.
func imageError(_ body: () throws(ImageError) -> Void) -> ImageError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}
