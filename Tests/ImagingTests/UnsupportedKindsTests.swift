import Foundation
import Imaging
import TestSupport
import Testing

/// Intact files of a kind that is not read: the code says so, the kind is named, and what to set on the camera.
@Suite struct UnsupportedKindsTests {
    private func refusal(_ data: Data) throws -> ImageError {
        try #require(imageError { () throws(ImageError) in _ = try Frame.decode(data) })
    }

    private func expectUnsupported(_ data: Data, named kind: String, _ comment: Comment? = nil) throws {
        let error = try refusal(data)
        #expect(error.code == .unsupported, comment)
        #expect(error.message.contains(kind) && error.message.contains("set the camera to"), "\(error.message)")
        #expect(!error.message.contains("again"), "\(error.message)")
    }

    @Test(arguments: [
        ("j06_dnl_height0.jpg", "DNL"), ("p18_unknown_critical.png", "CAMx"), ("f_pgm_hash.pgm", "PGM"),
    ])
    func a_valid_file_of_an_unsupported_kind_is_not_called_corrupt(name: String, kind: String) throws {
        try expectUnsupported(try FieldCases.data(name), named: kind)
    }

    @Test(
        arguments: [
            (0xC3, "lossless"), (0xC5, "hierarchical"), (0xC6, "hierarchical"), (0xC7, "hierarchical"),
            (0xCB, "lossless"),
            (0xCD, "hierarchical"), (0xDE, "hierarchical"), (0xF7, "JPEG-LS"),
        ] as [(UInt8, String)])
    func each_process_of_jpeg_that_is_not_read_is_named(marker: UInt8, kind: String) throws {
        var jpeg = EditableJPEG(try FieldCases.data("j00_plain.jpg"))
        let frame = try #require(jpeg.index(of: 0xC0))
        jpeg.header[frame].marker = marker
        try expectUnsupported(jpeg.data, named: kind)
    }

    @Test func a_jpeg_of_twelve_bits_is_named_and_sent_to_png() throws {
        var jpeg = EditableJPEG(try FieldCases.data("j00_plain.jpg"))
        let frame = try #require(jpeg.index(of: 0xC0))
        jpeg.header[frame].marker = 0xC1
        jpeg.header[frame].content[0] = 12
        try expectUnsupported(jpeg.data, named: "12 bits per sample")
        #expect(try refusal(jpeg.data).message.contains("PNG may have up to 16"))
    }

    @Test func a_height_of_zero_that_nothing_explains_is_corrupt() throws {
        var jpeg = EditableJPEG(try FieldCases.data("j00_plain.jpg"))
        jpeg.setHeight(0)
        #expect(try refusal(jpeg.data).code == .corrupt)
    }

    @Test(arguments: ["IDAT", "IEND"])
    func a_necessary_chunk_of_a_maker_is_named_wherever_it_is(place: String) throws {
        var png = EditablePNG(try Frame.sample(width: 20, height: 10).encodedPNG())
        let index = try #require(png.index(of: place))
        png.chunks.insert(.init("XYZw", [1, 2, 3]), at: index)
        try expectUnsupported(png.data, named: "XYZw")
        png.chunks[index].wrongChecksum = 9
        #expect(try refusal(png.data).code == .corrupt)
    }

    @Test func a_png_in_the_dialect_of_a_telephone_is_named() throws {
        var png = EditablePNG(try Frame.sample(width: 20, height: 10).encodedPNG())
        png.chunks.insert(.init("CgBI", [0x50, 0, 0x20, 2]), at: 0)
        try expectUnsupported(png.data, named: "CgBI")
    }

    @Test(arguments: [10, 11, 12])
    func an_unknown_method_in_a_png_header_is_unsupported(byte: Int) throws {
        var png = EditablePNG(try Frame.sample(width: 20, height: 10).encodedPNG())
        png.chunks[0].content[byte] = 64
        try expectUnsupported(png.data, named: " method in IHDR")
    }

    @Test(arguments: [
        ("P1\n", "PBM"), ("P2 ", "PGM"), ("P3\t", "PPM"), ("P4\r\n", "PBM"), ("P5\n", "PGM"), ("P5#camera\n", "PGM"),
        ("P6 ", "PPM"), ("P7\nWIDTH 3\n", "PAM"), ("Pf\n", "PFM"), ("BM\u{46}\u{0}\u{0}\u{0}", "BMP"),
        ("II*\u{0}", "TIFF"), ("MM\u{0}*", "TIFF"), ("GIF87a", "GIF"), ("RIFF\u{0}\u{0}\u{0}\u{0}WEBPVP8L", "WebP"),
        ("\u{0}\u{0}\u{0}\u{18}ftypheic\u{0}\u{0}\u{0}\u{0}", "HEIC"), ("\u{0}\u{0}\u{0}\u{18}ftypheix", "HEIC"),
        ("\u{0}\u{0}\u{0}\u{1C}ftypavif", "AVIF"), ("\u{0}\u{0}\u{0}\u{C}jP  \r\n", "JPEG 2000"),
        ("\u{FF}\u{4F}\u{FF}\u{51}", "JPEG 2000"), ("\u{FF}\u{A}\u{0}", "JPEG XL"), ("\u{8A}MNG\r\n\u{1A}\n", "MNG"),
        ("II\u{BC}\u{1}", "JPEG XR"), ("#?RADIANCE\n", "Radiance"),
    ])
    func another_image_format_is_named(content: String, kind: String) throws {
        let bytes = content.unicodeScalars.map { UInt8($0.value) } + [UInt8](repeating: 0x31, count: 40)
        try expectUnsupported(Data(bytes), named: kind)
    }

    @Test(arguments: [
        ("<!DOCTYPE html>\n<html><body>404 Not Found</body></html>", "HTML"), ("{\"verdict\": \"ok\"}", "text"),
        ("PK\u{3}\u{4}\u{14}\u{0}", "ZIP"), ("SQLite format 3\u{0}", "SQLite"),
        ("\u{1A}\u{45}\u{DF}\u{A3}", "Matroska"),
    ])
    func a_file_that_is_not_an_image_is_named_as_such(content: String, kind: String) throws {
        let error = try refusal(Data(content.unicodeScalars.map { UInt8($0.value) }))
        #expect(error.code == .unsupported && error.message.contains(kind))
        #expect(error.message.contains("not an image") && error.message.contains("keep other files out of the folder"))
    }
}
