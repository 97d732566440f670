import Foundation
import Imaging
import Testing

/// Every way a PNG can be transparent ends over black.
@Suite struct TransparencyTests {
    @Test func grey_with_alpha_stays_one_channel() throws {
        let png = HandmadePNG(width: 3, height: 1, colourType: 4, rows: [[200, 255, 200, 128, 200, 0]])
        let frame = try Frame.decode(png.data)
        #expect(frame.samples == .eight([200, 100, 0]) && frame.channels == 1)
    }

    @Test func sixteen_bit_alpha_is_composed_in_sixteen_bits() throws {
        let png = HandmadePNG(
            width: 2, height: 1, depth: 16, colourType: 6,
            rows: [[0x12, 0x34, 0xFF, 0xFF, 0x00, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x80, 0x00]])
        let frame = try Frame.decode(png.data)
        #expect(frame.samples == .sixteen([0x1234, 0xFFFF, 0x0001, 0x8000, 0x4000, 0]))
    }

    @Test func a_transparent_grey_level_becomes_black() throws {
        let png = HandmadePNG(
            width: 4, height: 1, colourType: 0, chunks: [("tRNS", [0, 77])], rows: [[76, 77, 78, 77]])
        let frame = try Frame.decode(png.data)
        #expect(frame.samples == .eight([76, 0, 78, 0]) && frame.channels == 1)
    }

    @Test func a_transparent_colour_becomes_black() throws {
        let png = HandmadePNG(
            width: 2, height: 1, colourType: 2, chunks: [("tRNS", [0, 9, 0, 8, 0, 7])], rows: [[9, 8, 7, 9, 8, 6]])
        #expect(try Frame.decode(png.data).samples == .eight([0, 0, 0, 9, 8, 6]))
    }

    @Test func a_palette_with_transparent_entries_is_composed() throws {
        let png = HandmadePNG(
            width: 4, height: 1, depth: 2, colourType: 3,
            chunks: [("PLTE", [255, 0, 0, 0, 255, 0, 10, 20, 30]), ("tRNS", [255, 51])], rows: [[0b0001_1000]])
        let frame = try Frame.decode(png.data)
        #expect(frame.samples == .eight([255, 0, 0, 0, 51, 0, 10, 20, 30, 255, 0, 0]) && frame.channels == 3)
    }

    @Test func a_palette_of_greys_still_has_three_channels() throws {
        let png = HandmadePNG(
            width: 2, height: 1, colourType: 3, chunks: [("PLTE", [7, 7, 7, 90, 90, 90])], rows: [[1, 0]])
        let frame = try Frame.decode(png.data)
        #expect(frame.channels == 3 && frame.samples == .eight([90, 90, 90, 7, 7, 7]))
    }

    @Test func too_few_rows_are_corrupt() throws {
        let png = HandmadePNG(width: 2, height: 3, colourType: 0, rows: [[1, 2], [3, 4]])
        #expect(imageError { () throws(ImageError) in _ = try Frame.decode(png.data) }?.code == .corrupt)
    }

    @Test func a_compressed_comment_that_would_unfold_hugely_is_passed_over() throws {
        let png = HandmadePNG(
            width: 1, height: 1, colourType: 0,
            chunks: [("zTXt", [0x61, 0, 0] + [UInt8](repeating: 0xAA, count: 500))],
            rows: [[5]])
        #expect(try Frame.decode(png.data).samples == .eight([5]))
    }
}
