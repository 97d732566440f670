import CKernels
import Foundation
import Imaging
import LinuxPlatform

/// A ground-truth mask: the defective pixels of an image.
///
/// Tools write masks in many ways; the file's values decide, not their appearance in a viewer:
///
/// | stored as | defective is |
/// |---|---|
/// | grey, 1 to 16 bits | a value above 0 |
/// | palette | an index above 0, whatever its colour: PASCAL VOC's classes, and its border (255) |
/// | colours | any of the three above 0 |
/// | with alpha, all visible pixels of one colour, others transparent | a visible pixel: the shape is in the alpha |
/// | with alpha otherwise | a visible pixel with a colour above 0 |
/// | with alpha that is the same everywhere | as without alpha |
package struct DefectMask: Sendable {
    package let width, height: Int
    /// Row by row.
    package let isDefective: [Bool]

    /// The defective share of the image, 0 … 1.
    package let share: Double

    /// - Throws: `FrameSource.Unreadable`.
    package init(path: String) throws {
        do {
            try self.init(png: FileSystem().read(RawPath(path), followsLinks: true))
        } catch let error as ImageError where error.code == .unsupported {
            throw FrameSource.Unreadable(
                path: path, reason: "a mask must be a PNG, whose values are exact: \(error.message)")
        } catch let error as ImageError {
            throw FrameSource.Unreadable(path: path, reason: error.message)
        } catch {
            throw FrameSource.Unreadable(path: path, reason: "\(error)")
        }
    }

    /// - Throws: `ImageError`.
    package init(png data: Data) throws {
        let stored = try StoredSamples(png: data)
        (width, height) = (stored.width, stored.height)
        isDefective = Self.defective(stored)
        share = Double(isDefective.count { $0 }) / Double(max(1, isDefective.count))
    }

    private static func defective(_ stored: StoredSamples) -> [Bool] {
        let channels = stored.channels, colours = stored.hasAlpha ? channels - 1 : channels
        let values = stored.values
        let pixels = 0..<(stored.width * stored.height)
        func isColoured(_ pixel: Int) -> Bool {
            (0..<colours).contains { values[pixel * channels + $0] > 0 }
        }
        func alpha(_ pixel: Int) -> UInt16 { values[pixel * channels + channels - 1] }
        let first = stored.hasAlpha ? alpha(0) : 0
        guard stored.hasAlpha, pixels.contains(where: { alpha($0) != first }) else { return pixels.map(isColoured) }
        func isVisible(_ pixel: Int) -> Bool { alpha(pixel) > 0 }
        // Alpha that varies but hides nothing is a soft edge of colours.
        guard let sample = pixels.first(where: isVisible), pixels.contains(where: { !isVisible($0) }) else {
            return pixels.map(isColoured)
        }
        let isOneColour = pixels.allSatisfy { pixel in
            !isVisible(pixel)
                || (0..<colours).allSatisfy { values[pixel * channels + $0] == values[sample * channels + $0] }
        }
        return pixels.map { isVisible($0) && (isOneColour || isColoured($0)) }
    }

    /// The regions at a map's size; each pixel has the value of the mask's pixel nearest to its centre: 0, or the
    /// number of the 8-connected region.
    func regions(_ width: Int, _ height: Int) -> [Int32] {
        var values = [Float](repeating: 0, count: width * height)
        for y in 0..<height {
            let row = min(self.height - 1, (2 * y + 1) * self.height / (2 * height))
            for x in 0..<width {
                let column = min(self.width - 1, (2 * x + 1) * self.width / (2 * width))
                values[y * width + x] = isDefective[row * self.width + column] ? 1 : 0
            }
        }
        var labels = [Int32](repeating: 0, count: width * height)
        var none = ck_region()
        _ = ck_regions(values, Int32(height), Int32(width), 0.5, &labels, &none, 0)
        return labels
    }
}
