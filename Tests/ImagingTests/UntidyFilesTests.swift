import Foundation
import Imaging
import TestSupport
import Testing

/// Files that every viewer opens: what is merely untidy is decoded and remarked on, what concerns pixels is refused.
@Suite struct UntidyFilesTests {
    private let plain: Frame
    private let tidy: EditableJPEG

    init() throws {
        let data = try FieldCases.data("j00_plain.jpg")
        plain = try Frame.decode(data)
        tidy = EditableJPEG(data)
    }

    private func expectPlainPixels(_ data: Data, remark: String, _ comment: Comment? = nil) throws {
        let frame = try Frame.decode(data)
        #expect(frame == plain, comment)
        #expect(frame.remarks.count == 1 && frame.remarks[0].contains(remark), "\(frame.remarks)")
    }

    @Test func a_tidy_image_has_no_remarks() throws {
        #expect(plain.remarks.isEmpty && plain.alpha == .none)
        #expect(try Frame.decode(tidy.data) == plain)
        #expect(try Frame.decode(FieldCases.data("j31_dhav_trailer.jpg")) == plain)
    }

    // MARK: JPEG headers

    @Test func scan_parameters_that_mean_nothing_in_a_sequential_jpeg_are_ignored() throws {
        try expectPlainPixels(try FieldCases.data("j01_sos_ss0se0.jpg"), remark: "scan header")
        for parameters in [[0, 0, 0], [0, 255, 0], [5, 7, 0], [0, 63, 0x13], [63, 1, 0xFF]] as [[UInt8]] {
            var jpeg = tidy
            jpeg.header[jpeg.header.count - 1].content.replaceSubrange(7...9, with: parameters)
            try expectPlainPixels(jpeg.data, remark: "scan header", "\(parameters)")
        }
    }

    @Test(arguments: ["j22_1byte_before_db.jpg", "j27_app1_len_off.jpg"])
    func a_webcam_with_stray_bytes_or_wrong_lengths_in_its_header_is_inspected(name: String) throws {
        try expectPlainPixels(try FieldCases.data(name), remark: "stray byte")
    }

    @Test(arguments: [[0], [0xFF, 0, 7], [UInt8](repeating: 0x55, count: 700)] as [[UInt8]])
    func stray_bytes_before_any_segment_of_the_header_are_skipped(strays: [UInt8]) throws {
        for index in tidy.header.indices {
            var jpeg = tidy
            jpeg.header[index].strays = strays
            try expectPlainPixels(jpeg.data, remark: "stray byte", "segment \(index)")
        }
    }

    @Test(arguments: [-20, -2, -1])
    func a_description_with_too_small_a_length_leaves_stray_bytes(error: Int) throws {
        for marker in [0xE1, 0xE5, 0xFE] as [UInt8] {
            var jpeg = tidy
            let content = [UInt8]("camera 7, line 2: description".utf8)
            jpeg.header.insert(
                .init(marker: marker, content: content, wrongLength: content.count + 2 + error), at: 1)
            try expectPlainPixels(jpeg.data, remark: "stray byte", "marker \(marker)")
        }
    }

    @Test func a_colour_transform_lost_among_stray_bytes_is_not_guessed() throws {
        // An Adobe segment that says "RGB" (transform 0) whose marker was damaged: without it the image reads as YCbCr.
        let adobe: [UInt8] = [0x00, 0xEE, 0, 14] + [UInt8]("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 0]
        var jpeg = tidy
        jpeg.header[1].strays = adobe
        let error = try #require(imageError { () throws(ImageError) in _ = try Frame.decode(jpeg.data) })
        #expect(error.code == .corrupt && error.message.contains("Adobe"))
        jpeg.header[1].strays[adobe.count - 1] = 1  // YCbCr, as it is read anyway
        try expectPlainPixels(jpeg.data, remark: "stray byte")
    }

    // MARK: JPEG ends

    @Test func two_hundred_zeros_before_the_end_marker_are_harmless() throws {
        try expectPlainPixels(try FieldCases.data("j03c_200zeros_before_eoi.jpg"), remark: "padding")
    }

    @Test(arguments: [(17, 0), (4096, 0), (100, 0x20), (300, 0x55), (64, 0xAA)] as [(Int, UInt8)])
    func padding_of_any_length_and_value_is_harmless(count: Int, value: UInt8) throws {
        var jpeg = tidy
        jpeg.scanData += [UInt8](repeating: value, count: count)
        try expectPlainPixels(jpeg.data, remark: "padding")
    }

    @Test func text_between_the_pixels_and_the_end_marker_is_harmless() throws {
        var jpeg = tidy
        jpeg.scanData += [UInt8]("CAM7 2024-05-06 07:08:09 line 2 exposure 8000 us\r\n\0".utf8)
        try expectPlainPixels(jpeg.data, remark: "text")
    }

    @Test(arguments: [0, 0x55] as [UInt8], [10, 50, 90])
    func padding_instead_of_image_data_is_an_error(value: UInt8, percent: Int) {
        var jpeg = tidy
        let kept = jpeg.scanData.count * percent / 100
        jpeg.scanData.replaceSubrange(
            kept..., with: [UInt8](repeating: value, count: jpeg.scanData.count - kept + 20_000))
        let error = imageError { () throws(ImageError) in _ = try Frame.decode(jpeg.data) }
        #expect(error?.code == .corrupt || error?.code == .truncated, "\(String(describing: error))")
    }

    @Test func image_data_left_over_before_the_end_marker_is_an_error() {
        var jpeg = tidy
        jpeg.setHeight(plain.height - 16)
        let error = imageError { () throws(ImageError) in _ = try Frame.decode(jpeg.data) }
        #expect(error?.code == .corrupt)
    }

    @Test func a_missing_end_marker_is_truncation_without_a_wrong_count_of_rows() throws {
        for data in [try FieldCases.data("j02_no_eoi.jpg"), tidy.withoutEnd, tidy.withoutEnd + [0xFF]] {
            let error = try #require(imageError { () throws(ImageError) in _ = try Frame.decode(data) })
            #expect(error.code == .truncated)
            #expect(error.message.contains("without the end marker (EOI), although all 288 rows are there"))
        }
    }

    @Test(arguments: [20, 50, 80])
    func a_truncated_image_reports_its_number_of_rows(percent: Int) throws {
        var jpeg = tidy
        jpeg.scanData.removeLast(jpeg.scanData.count * (100 - percent) / 100)
        let error = try #require(imageError { () throws(ImageError) in _ = try Frame.decode(jpeg.withoutEnd) })
        let words = try #require(error.message.firstMatch(of: /with (\d+) of 288 rows read/))
        let rows = try #require(Int(words.1))
        #expect(error.code == .truncated && rows % 8 == 0 && abs(rows * 100 / 288 - percent) < 25)
    }

    @Test func space_that_was_reserved_and_not_written_is_named() throws {
        var jpeg = tidy
        jpeg.scanData.removeLast(jpeg.scanData.count / 2)
        let error = try #require(
            imageError { () throws(ImageError) in _ = try Frame.decode(jpeg.withoutEnd + Data(count: 60_000)) })
        #expect(error.code == .truncated && error.message.contains("60000 bytes are zeros"))
    }

    // MARK: PNG

    @Test func a_description_with_a_wrong_checksum_does_not_cost_the_image() throws {
        let data = try FieldCases.data("p01_text_badcrc.png")
        let frame = try Frame.decode(data)
        #expect(frame.remarks.count == 1 && frame.remarks[0].contains("tEXt"))
        var mended = EditablePNG(data)
        #expect(mended.data != data)
        mended.chunks.removeAll { $0.type == "tEXt" }
        let reference = try Frame.decode(mended.data)
        #expect(frame == reference && reference.remarks.isEmpty)
    }

    @Test(arguments: ["tEXt", "pHYs", "gAMA", "iCCP", "tRNS", "eXIf", "prVt"])
    func any_chunk_without_pixels_may_have_a_wrong_checksum(type: String) throws {
        let frame = Frame.sample(width: 20, height: 10)
        for place in ["IDAT", "IEND"] {
            var png = EditablePNG(try frame.encodedPNG())
            let index = try #require(png.index(of: place))
            png.chunks.insert(.init(type, [1, 2, 3, 4, 5, 6], wrongChecksum: 5), at: index)
            let decoded = try Frame.decode(png.data)
            #expect(decoded == frame, "before \(place)")
            #expect(decoded.remarks.contains { $0.contains("\(type) chunk") }, "\(decoded.remarks)")
        }
    }

    @Test func an_end_chunk_with_a_wrong_checksum_does_not_cost_the_image() throws {
        let frame = Frame.sample(width: 20, height: 10)
        var png = EditablePNG(try frame.encodedPNG())
        png.chunks[png.chunks.count - 1].wrongChecksum = 1
        let decoded = try Frame.decode(png.data)
        #expect(decoded == frame && decoded.remarks.contains { $0.contains("IEND") })
    }

    @Test(arguments: ["IHDR", "PLTE", "IDAT"])
    func a_wrong_checksum_of_pixel_data_is_an_error(type: String) throws {
        let palette = HandmadePNG(
            width: 2, height: 1, colourType: 3, chunks: [("PLTE", [7, 7, 7, 90, 90, 90])], rows: [[1, 0]])
        var png = EditablePNG(palette.data)
        let index = try #require(png.index(of: type))
        png.chunks[index].wrongChecksum = 5
        let error = imageError { () throws(ImageError) in _ = try Frame.decode(png.data) }
        #expect(error?.code == .corrupt && error?.message.contains("CRC") == true)
    }

    @Test func pixel_data_that_fails_its_own_inner_checksum_is_an_error() throws {
        let frame = Frame.sample(width: 64, height: 40)
        for size in [1_000_000, 100, 4] {
            var png = EditablePNG(try frame.encodedPNG())
            var stream = png.pixelData
            stream[stream.count - 2] ^= 1
            png.replacePixelData(
                stride(from: 0, to: stream.count, by: size).map { Array(stream[$0..<min($0 + size, stream.count)]) })
            let error = imageError { () throws(ImageError) in _ = try Frame.decode(png.data) }
            #expect(error?.code == .corrupt, "chunks of \(size) bytes")
            #expect(error?.message.contains("Adler-32") == true, "chunks of \(size) bytes")
        }
    }

    @Test func a_lost_part_of_the_pixel_data_is_an_error() throws {
        let frame = Frame.sample(width: 64, height: 40)
        var png = EditablePNG(try frame.encodedPNG())
        let stream = png.pixelData, part = stream.count / 4
        png.replacePixelData((0..<4).map { Array(stream[($0 * part)..<($0 == 3 ? stream.count : ($0 + 1) * part)]) })
        #expect(try Frame.decode(png.data) == frame)
        let first = try #require(png.index(of: "IDAT"))
        for lost in 0..<4 {
            var holed = png
            // Its name damaged into that of a chunk that may be skipped.
            holed.chunks[first + lost].type = "iDAT"
            holed.chunks[first + lost].wrongChecksum = 1
            #expect(imageError { () throws(ImageError) in _ = try Frame.decode(holed.data) } != nil, "part \(lost)")
        }
    }

    @Test func a_compressor_that_announces_too_small_a_window_is_understood() throws {
        let data = try FieldCases.data("p17_small_window.png")
        let frame = try Frame.decode(data)
        #expect(frame.remarks.count == 1 && frame.remarks[0].contains("window"))
        var honest = EditablePNG(data)
        var stream = honest.pixelData
        stream.replaceSubrange(0..<2, with: [0x78, 0x9C])  // a window of 32 KiB
        honest.replacePixelData([stream])
        let reference = try Frame.decode(honest.data)
        #expect(frame == reference && reference.remarks.isEmpty)
        stream[stream.count / 2] ^= 0x10
        stream.replaceSubrange(0..<2, with: EditablePNG(data).pixelData.prefix(2))
        honest.replacePixelData([stream])
        #expect(imageError { () throws(ImageError) in _ = try Frame.decode(honest.data) }?.code == .corrupt)
    }

    @Test func a_missing_end_chunk_is_truncation_that_tells_that_all_rows_are_there() throws {
        let data = try Frame.sample(width: 20, height: 10).encodedPNG()
        let error = try #require(imageError { () throws(ImageError) in _ = try Frame.decode(data.dropLast(12)) })
        #expect(error.code == .truncated && error.message.contains("all rows are there"))
    }

    @Test func an_animated_png_gives_its_first_image() throws {
        let frame = Frame.sample(width: 20, height: 10)
        var png = EditablePNG(try frame.encodedPNG())
        png.chunks.insert(.init("acTL", [0, 0, 0, 1, 0, 0, 0, 0]), at: 1)
        png.chunks.insert(.init("fcTL", [UInt8](repeating: 0, count: 26)), at: 2)
        #expect(try Frame.decode(png.data) == frame)
    }
}
