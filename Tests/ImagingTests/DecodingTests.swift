import Foundation
import Imaging
import Testing
import TestSupport

@Suite struct DecodingTests {
    @Test(arguments: GoldenImages.names())
    func an_image_decodes_to_its_reference_pixels(name: String) throws {
        let expected = try GoldenFile("pictures/expected")
        let shape = try expected.shape(name)
        try #require(shape.count == 2 || shape.count == 3, "\(name) is no image: \(shape)")
        let frame = try Frame.decode(GoldenImages.data(name))
        #expect(frame.height == shape[0] && frame.width == shape[1])
        let channels = shape.count == 3 ? shape[2] : 1
        #expect(frame.channels == channels)
        let want = try expected.integers(name)
        let got = frame.integers
        #expect(got.count == want.count)
        let worst = zip(got, want).map { abs($0 - $1) }.max() ?? .max
        let tolerance = name.hasSuffix(".png") ? 0 : name.contains("cmyk") ? 4 : 2
        #expect(worst <= tolerance)
    }

    @Test func there_are_reference_images_of_both_formats() {
        #expect(GoldenImages.names().contains { $0.hasSuffix(".jpg") })
        #expect(GoldenImages.names().contains { $0.hasSuffix(".png") })
        #expect(!GoldenImages.names(in: "accepted").isEmpty)
        #expect(!GoldenImages.names(in: "refused").isEmpty)
    }

    @Test(arguments: GoldenImages.names())
    func the_probe_agrees_with_decoding(name: String) throws {
        let data = try GoldenImages.data(name)
        let probe = try Frame.probe(data)
        let frame = try Frame.decode(data)
        let format: ImageFormat = name.hasSuffix(".png") ? .png : .jpeg
        #expect(probe.format == format)
        #expect(probe.width == frame.width && probe.height == frame.height)
        #expect(probe.channels == frame.channels && probe.bitDepth == frame.bitDepth)
    }

    @Test(arguments: GoldenImages.names())
    func sixteen_bits_stay_sixteen(name: String) throws {
        guard name.contains("16") else { return }
        #expect(try Frame.decode(GoldenImages.data(name)).bitDepth == 16)
    }

    @Test(arguments: GoldenImages.names(in: "accepted"))
    func the_content_decides_not_the_name(name: String) throws {
        let data = try GoldenImages.data("accepted/\(name)")
        let frame = try Frame.decode(data)
        #expect(frame.width > 0)
        let format: ImageFormat = name.hasPrefix("png") ? .png : .jpeg
        #expect(try Frame.probe(data).format == format)
    }

    @Test(arguments: GoldenImages.names(in: "refused"))
    func every_refused_file_has_its_own_reason(name: String) throws {
        let data = try GoldenImages.data("refused/\(name)")
        let error = try #require(imageError { () throws(ImageError) in _ = try Frame.decode(data) })
        let reasons: [(part: String, code: ImageError.Code)] = [
            ("truncated", .truncated), ("header_only", .truncated), ("bad_crc", .corrupt), ("zero_width", .corrupt),
            ("bomb", .tooLarge), ("empty", .empty), ("text", .unsupported),
        ]
        if let expected = reasons.first(where: { name.contains($0.part) }) { #expect(error.code == expected.code) }
        #expect(error.message.count > 30)
    }

    @Test func no_two_refusals_read_the_same() throws {
        let messages = try GoldenImages.names(in: "refused").map { name in
            let data = try GoldenImages.data("refused/\(name)")
            return imageError { () throws(ImageError) in _ = try Frame.decode(data) }?.message ?? "accepted \(name)"
        }
        #expect(Set(messages).count == messages.count, "\(messages.joined(separator: "\n"))")
        #expect(!messages.contains { $0.hasPrefix("accepted") })
    }

    @Test(arguments: [
        ("GIF89a\u{1}\u{0}\u{1}\u{0}", "GIF"), ("II*\u{0}\u{8}\u{0}\u{0}\u{0}", "TIFF"),
        ("BM\u{1}\u{2}\u{3}\u{0}", "BMP"),
        ("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ", "WebP"), ("%PDF-1.7\n", "PDF"), ("camera offline\n", "text"),
        ("\u{1}\u{2}\u{3}\u{4}", "01 02 03 04"),
    ])
    func another_format_is_named(content: String, word: String) throws {
        let data = Data(content.unicodeScalars.map { UInt8($0.value) })
        let error = try #require(imageError { () throws(ImageError) in _ = try Frame.decode(data) })
        #expect(error.code == .unsupported)
        #expect(error.message.contains(word))
        #expect(error.message.contains("JPEG and PNG are read"))
    }

    @Test func the_size_limit_is_checked_before_decoding() throws {
        let data = try Frame.sample(width: 40, height: 30).encodedPNG()
        let error = try #require(
            imageError { () throws(ImageError) in _ = try Frame.decode(data, limits: DecodeLimits(maxPixels: 1199)) })
        #expect(error.code == .tooLarge)
        #expect(error.message.contains("40×30"))
        #expect(try Frame.decode(data, limits: DecodeLimits(maxPixels: 1200)).width == 40)
    }

    @Test func zeros_instead_of_an_image_are_called_unwritten() throws {
        let error = imageError { () throws(ImageError) in _ = try Frame.decode(Data(count: 4096)) }
        #expect(error?.code == .corrupt)
    }
}
