import Foundation
import Imaging
import Testing

@Suite struct EncodingTests {
    @Test(arguments: [1, 3], [8, 16])
    func png_is_lossless(channels: Int, bitDepth: Int) throws {
        let frame = Frame.sample(width: 61, height: 37, channels: channels, bitDepth: bitDepth)
        for level in [0, 1, 6, 9] {
            let data = try frame.encodedPNG(compression: PNGCompression(level: level))
            #expect(try Frame.decode(data) == frame)
        }
    }

    @Test func png_carries_text() throws {
        let data = try Frame.sample(width: 8, height: 8).encodedPNG(text: ("Scale", "0 to 12.5"))
        #expect(data.range(of: Data("tEXtScale\u{0}0 to 12.5".utf8)) != nil)
        #expect(try Frame.decode(data) == Frame.sample(width: 8, height: 8))
    }

    @Test(arguments: [1, 3])
    func jpeg_comes_back_nearly_the_same(channels: Int) throws {
        let frame = Frame.sample(width: 120, height: 90, channels: channels)
        let back = try Frame.decode(frame.encodedJPEG(quality: 95))
        #expect(back.channels == channels && back.width == 120 && back.height == 90)
        let errors = zip(frame.integers, back.integers).map { abs($0 - $1) }
        #expect(errors.reduce(0, +) / errors.count < 6)
    }

    @Test func a_better_jpeg_is_larger() throws {
        let frame = Frame.sample(width: 200, height: 150)
        #expect(try frame.encodedJPEG(quality: 30).count < frame.encodedJPEG(quality: 95).count)
    }

    @Test func a_jpeg_larger_than_the_first_buffer_is_complete() throws {
        let frame = Frame.sample(width: 900, height: 700)
        let data = try frame.encodedJPEG(quality: 100)
        #expect(data.count > 200_000)
        #expect(try Frame.decode(data).width == 900)
    }

    @Test func a_sixteen_bit_frame_gives_jpeg_its_high_bytes() throws {
        let deep = Frame.sample(width: 64, height: 48, bitDepth: 16)
        #expect(try deep.encodedJPEG(quality: 90) == deep.eightBit.encodedJPEG(quality: 90))
        #expect(deep.eightBit.bitDepth == 8)
    }

    @Test func more_than_jpeg_can_hold_is_too_large() throws {
        let wide = Frame(width: 70_000, height: 1, channels: 1, samples: .eight([UInt8](repeating: 9, count: 70_000)))
        let error = imageError { () throws(ImageError) in _ = try wide.encodedJPEG(quality: 80) }
        #expect(error?.code == .tooLarge)
    }
}
