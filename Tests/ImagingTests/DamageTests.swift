import Foundation
import Imaging
import Testing
import TestSupport

/// Cut and damaged images: refused in words, never a crash, never half an image.
@Suite struct DamageTests {
    /// All reference images, but the larger ones cut only here and there to keep the suite quick.
    @Test(arguments: GoldenImages.names())
    func every_shorter_prefix_is_truncated(name: String) throws {
        let data = try GoldenImages.data(name)
        let step = max(1, data.count / 1500)
        for length in stride(from: 0, to: data.count, by: step) {
            let error = imageError { () throws(ImageError) in _ = try Frame.decode(data.prefix(length)) }
            let expected: ImageError.Code = length == 0 ? .empty : .truncated
            #expect(error?.code == expected, "\(length) of \(data.count) bytes")
        }
    }

    @Test(arguments: GoldenImages.names())
    func flipped_bytes_are_survived(name: String) throws {
        let original = try GoldenImages.data(name)
        var state: UInt32 = 99
        var noticed = 0
        for _ in 0..<400 {
            var data = original
            for _ in 0..<2 {
                state = state &* 1_664_525 &+ 1_013_904_223
                let index = Int(state >> 4) % data.count
                data[index] ^= UInt8(truncatingIfNeeded: state >> 24) | 1
            }
            let limits = DecodeLimits(maxPixels: 1_000_000)
            var frame: Frame?
            let error = imageError { () throws(ImageError) in frame = try Frame.decode(data, limits: limits) }
            noticed += error != nil || frame?.remarks.isEmpty == false ? 1 : 0
        }
        // A PNG's every byte is under a checksum, of which that of a description only gives a remark; much of a JPEG is
        // not.
        #expect(noticed >= (name.hasSuffix(".png") ? 400 : 1))
    }

    @Test func every_flipped_byte_of_a_png_is_noticed() throws {
        let original = try Frame.sample(width: 9, height: 7).encodedPNG()
        for index in original.indices {
            var data = original
            data[index] ^= 0x10
            var frame: Frame?
            let error = imageError { () throws(ImageError) in frame = try Frame.decode(data) }
            // The last four are the end chunk's checksum, which says nothing of the pixels.
            if index < data.count - 4 {
                #expect(error != nil, "byte \(index)")
            } else {
                #expect(frame?.remarks.count == 1, "byte \(index)")
            }
        }
    }

    @Test func a_wrong_checksum_is_named() throws {
        var data = try Frame.sample(width: 9, height: 7).encodedPNG()
        data[data.count - 14] ^= 0xFF  // in the checksum of IDAT, before the 12 bytes of IEND
        let error = imageError { () throws(ImageError) in _ = try Frame.decode(data) }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("checksum (CRC)") == true)
    }

    @Test func a_progressive_scan_bomb_is_refused() throws {
        let name = try #require(GoldenImages.names().first { $0.contains("progressive") })
        let data = try GoldenImages.data(name)
        // The last scan, from its SOS marker to the end marker, once more and once more.
        let start = try #require(data.indices.dropLast().last { data[$0] == 0xFF && data[$0 + 1] == 0xDA })
        let scan = data[start..<(data.endIndex - 2)]
        var bomb = data.prefix(upTo: data.endIndex - 2)
        for _ in 0..<5000 { bomb.append(scan) }
        bomb.append(contentsOf: [0xFF, 0xD9])
        let error = try #require(imageError { () throws(ImageError) in _ = try Frame.decode(bomb) })
        #expect(error.code == .unsupported || error.code == .corrupt)
    }

    @Test func a_few_stray_bytes_before_the_end_marker_are_forgiven() throws {
        let whole = try Frame.sample(width: 32, height: 24).encodedJPEG(quality: 90)
        var stray = whole.prefix(whole.count - 2)
        stray.append(contentsOf: [0, 0, 0, 0xFF, 0xD9])
        #expect(try Frame.decode(stray) == Frame.decode(whole))
    }
}
