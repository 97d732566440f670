import Foundation
import Imaging
import Testing

/// EXIF blocks as cameras and attackers write them, put into a JPEG of 24×16 pixels.
@Suite struct OrientationTests {
    private func jpeg(exif tiff: [UInt8]) throws -> Data {
        let plain = try Frame.sample(width: 24, height: 16).encodedJPEG(quality: 90)
        let payload = [UInt8]("Exif\u{0}\u{0}".utf8) + tiff
        let length = payload.count + 2
        return plain.prefix(2) + Data([0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 0xFF)] + payload)
            + plain.dropFirst(2)
    }

    private func isTurned(_ tiff: [UInt8]) throws -> Bool {
        let data = try jpeg(exif: tiff)
        let probe = try Frame.probe(data)
        let frame = try Frame.decode(data)
        #expect(probe.width == frame.width && probe.height == frame.height)
        return frame.width == 16 && frame.height == 24
    }

    private let header: [UInt8] = [0x49, 0x49, 42, 0, 8, 0, 0, 0]

    @Test func both_byte_orders_are_read() throws {
        #expect(try isTurned(header + [1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]))
        #expect(try isTurned([0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]))
    }

    @Test func other_entries_are_skipped() throws {
        let resolution: [UInt8] = [0x1A, 1, 5, 0, 1, 0, 0, 0, 99, 0, 0, 0]
        #expect(try isTurned(header + [2, 0] + resolution + [0x12, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0]))
    }

    @Test(
        arguments: [
            [],  // nothing
            [0x49, 0x49, 42, 0],  // cut after the byte order
            [0x49, 0x49, 42, 0, 0xFF, 0xFF, 0xFF, 0xFF],  // a directory far outside
            [0x49, 0x49, 42, 0, 8, 0, 0, 0, 0xFF, 0xFF],  // 65535 entries in no bytes
            [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0],  // orientation 9
            [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0],  // orientation 0
            [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 2, 0, 1, 0, 0, 0, 6, 0, 0, 0],  // text for a number
            [0x58, 0x58, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0],  // no byte order
        ] as [[UInt8]])
    func a_damaged_directory_leaves_the_image_as_stored(tiff: [UInt8]) throws {
        #expect(try !isTurned(tiff))
    }
}
