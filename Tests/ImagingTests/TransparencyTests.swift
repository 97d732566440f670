import Foundation
import Imaging
import TestSupport
import Testing

/// An alpha channel ends over black, unless nothing would be left; a colour that is marked transparent stays.
@Suite struct TransparencyTests {
    @Test func grey_with_alpha_stays_one_channel() throws {
        let png = HandmadePNG(width: 3, height: 1, colourType: 4, rows: [[200, 255, 200, 128, 200, 0]])
        let frame = try Frame.decode(png.data)
        #expect(frame.samples == .eight([200, 100, 0]) && frame.channels == 1)
        #expect(frame.alpha == .partly && frame.remarks.count == 1 && frame.remarks[0].contains("over black"))
    }

    @Test func sixteen_bit_alpha_is_composed_in_sixteen_bits() throws {
        let png = HandmadePNG(
            width: 2, height: 1, depth: 16, colourType: 6,
            rows: [[0x12, 0x34, 0xFF, 0xFF, 0x00, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x80, 0x00]])
        let frame = try Frame.decode(png.data)
        #expect(frame.samples == .sixteen([0x1234, 0xFFFF, 0x0001, 0x8000, 0x4000, 0]))
    }

    @Test func a_grey_level_marked_transparent_is_no_hole_in_the_image() throws {
        let png = HandmadePNG(
            width: 4, height: 1, colourType: 0, chunks: [("tRNS", [0, 77])], rows: [[76, 77, 78, 77]])
        let frame = try Frame.decode(png.data)
        #expect(frame.samples == .eight([76, 77, 78, 77]) && frame.channels == 1)
        #expect(frame.alpha == .partly && frame.remarks.count == 1 && frame.remarks[0].contains("tRNS"))
    }

    @Test func a_colour_marked_transparent_is_no_hole_in_the_image() throws {
        let png = HandmadePNG(
            width: 2, height: 1, colourType: 2, chunks: [("tRNS", [0, 9, 0, 8, 0, 7])], rows: [[9, 8, 7, 9, 8, 6]])
        #expect(try Frame.decode(png.data).samples == .eight([9, 8, 7, 9, 8, 6]))
    }

    @Test func palette_entries_marked_transparent_are_no_holes_in_the_image() throws {
        let png = HandmadePNG(
            width: 4, height: 1, depth: 2, colourType: 3,
            chunks: [("PLTE", [255, 0, 0, 0, 255, 0, 10, 20, 30]), ("tRNS", [255, 51])], rows: [[0b0001_1000]])
        let frame = try Frame.decode(png.data)
        #expect(frame.samples == .eight([255, 0, 0, 0, 255, 0, 10, 20, 30, 255, 0, 0]) && frame.channels == 3)
        #expect(frame.alpha == .partly && frame.remarks.count == 1 && frame.remarks[0].contains("tRNS"))
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

    @Test func a_compressed_comment_that_would_unfold_hugely_is_skipped() throws {
        let png = HandmadePNG(
            width: 1, height: 1, colourType: 0,
            chunks: [("zTXt", [0x61, 0, 0] + [UInt8](repeating: 0xAA, count: 500))],
            rows: [[5]])
        #expect(try Frame.decode(png.data).samples == .eight([5]))
    }

    @Test func an_image_with_its_commonest_grey_marked_transparent_is_decoded_as_stored() throws {
        let data = try FieldCases.data("p03b_gray_trns_mode.png")
        var plain = EditablePNG(data)
        plain.chunks.removeAll { $0.type == "tRNS" }
        let frame = try Frame.decode(data), reference = try Frame.decode(plain.data)
        #expect(frame == reference)
        #expect(frame.remarks.count == 1 && reference.remarks.isEmpty && reference.alpha == .none)
    }

    @Test func a_fully_transparent_camera_image_keeps_its_colours_with_a_remark() throws {
        let frame = try Frame.decode(FieldCases.data("p08_rust_rgba_alpha0.png"))
        #expect(frame.alpha == .zeroEverywhere && frame.channels == 3)
        #expect(Set(frame.integers).count > 100)
        let remark = try #require(frame.remarks.first)
        #expect(frame.remarks.count == 1 && remark.contains("alpha is 0 everywhere"))
        #expect(remark.contains("set the camera to RGB or grey without alpha"))
    }

    @Test(arguments: [(4, [9, 0, 200, 0]), (6, [9, 8, 7, 0, 200, 100, 50, 0])] as [(UInt8, [UInt8])])
    func alpha_of_zero_everywhere_is_distinguished_from_partly(colourType: UInt8, row: [UInt8]) throws {
        let zero = HandmadePNG(width: 2, height: 1, colourType: colourType, rows: [row])
        #expect(try Frame.decode(zero.data).integers == row.filter { $0 != 0 }.map(Int.init))
        var partly = zero
        partly.rows[0][row.count - 1] = 255
        #expect(try Frame.decode(partly.data).alpha == .partly)
    }

    @Test func an_alpha_channel_that_is_opaque_everywhere_needs_no_remark() throws {
        let png = HandmadePNG(width: 2, height: 1, colourType: 4, rows: [[7, 255, 9, 255]])
        let frame = try Frame.decode(png.data)
        #expect(frame.alpha == .opaque && frame.remarks.isEmpty && frame.samples == .eight([7, 9]))
    }
}
