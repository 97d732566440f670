import Foundation
import Imaging
import SampleFrames
import Testing

/// The completeness of a file, at every length.
@Suite struct FileStructureTests {
    static let frame = SampleFrames.flawless(.plate, index: 3, size: .init(width: 96, height: 64))

    static func walk(_ data: Data) throws -> FileStructure {
        try FileStructure.walk(size: data.count) { offset, count in
            Data(data.dropFirst(offset).prefix(count))
        }
    }

    @Test func a_jpeg_is_unfinished_at_every_length_but_the_last() throws {
        let data = try Self.frame.encodedJPEG(quality: 80)
        for length in 0..<data.count {
            #expect(try Self.walk(data.prefix(length)) == .unfinished, "\(length) of \(data.count) bytes")
        }
        #expect(try Self.walk(data) == .whole(end: data.count))
    }

    @Test func a_png_is_unfinished_at_every_length_but_the_last() throws {
        let data = try Self.frame.encodedPNG()
        for length in stride(from: 0, to: data.count, by: 7) {
            #expect(try Self.walk(data.prefix(length)) == .unfinished, "\(length) of \(data.count) bytes")
        }
        #expect(try Self.walk(data.prefix(data.count - 1)) == .unfinished)
        #expect(try Self.walk(data) == .whole(end: data.count))
    }

    @Test func data_of_the_camera_behind_the_end_does_not_hide_it() throws {
        for data in [try Self.frame.encodedJPEG(quality: 80), try Self.frame.encodedPNG()] {
            let trailer = Data("DHAV".utf8) + Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 * 7) })
            #expect(try Self.walk(data + trailer) == .whole(end: data.count))
        }
    }

    @Test func the_end_of_a_thumbnail_is_not_the_image_s() throws {
        let thumbnail = try Self.frame.encodedJPEG(quality: 50)
        let data = try Self.frame.encodedJPEG(quality: 80)
        let length = thumbnail.count + 2
        let segment = Data([0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)]) + thumbnail
        let image = data.prefix(2) + segment + data.dropFirst(2)
        #expect(try Self.walk(image) == .whole(end: image.count))
        for end in [2 + segment.count, 2 + segment.count + 40, image.count - 1] {
            #expect(try Self.walk(image.prefix(end)) != .whole(end: end), "cut at \(end)")
        }
        #expect(try Self.walk(image.prefix(image.count - 1)) == .unfinished)
    }

    @Test func stray_bytes_between_segments_are_skipped() throws {
        let data = try Self.frame.encodedJPEG(quality: 80)
        let stray = data.prefix(2) + Data([0x00, 0x13, 0x37]) + data.dropFirst(2)
        #expect(try Self.walk(stray) == .whole(end: stray.count))
    }

    @Test func a_segment_whose_length_leads_too_far_leaves_a_doubt_when_the_file_has_its_end() throws {
        var data = try Self.frame.encodedJPEG(quality: 80)
        // The length of the first segment, behind SOI and its marker.
        (data[4], data[5]) = (0xFF, 0xF0)
        #expect(try Self.walk(data) == .doubtful)
        #expect(try Self.walk(data + Data(count: 300)) == .doubtful)
        #expect(try Self.walk(data.prefix(data.count - 1)) == .unfinished)
    }

    @Test func an_allocated_but_unfilled_file_is_unfinished() throws {
        let data = try Self.frame.encodedJPEG(quality: 80)
        #expect(try Self.walk(Data(count: 70_000)) == .unfinished)
        #expect(try Self.walk(Data()) == .unfinished)
        let half = data.prefix(data.count / 2)
        #expect(try Self.walk(half + Data(count: 100_000)) == .unfinished)
    }

    @Test func a_hole_in_the_pixel_data_of_a_file_with_its_end_is_doubtful() throws {
        let large = SampleFrames.flawless(.plate, index: 4, size: .init(width: 640, height: 480))
        for var data in [try large.encodedJPEG(quality: 95), try large.encodedPNG()] {
            #expect(try Self.walk(data) == .whole(end: data.count))
            let start = data.count / 2 / 4096 * 4096
            data.replaceSubrange(start..<(start + 4096), with: Data(count: 4096))
            #expect(try Self.walk(data) == .doubtful)
        }
    }

    @Test(arguments: ["GIF89a and more", "a line of text\n", "BM and the rest", "%PDF-1.4"])
    func a_file_that_is_neither_jpeg_nor_png_is_unknown(text: String) throws {
        #expect(try Self.walk(Data(text.utf8)) == .unknown)
    }
}
