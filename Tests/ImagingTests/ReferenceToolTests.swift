import Foundation
import Imaging
import SeededRandom
import TestSupport
import Testing

/// The decoders beside libjpeg's and libpng's own tools, over files with altered headers and damaged data (seeded):
/// wherever a tool gives the tidy file's pixels, so do we; whatever we decode, the tool decodes to the same pixels;
/// damaged pixel data is refused.
@Suite(
    .enabled(if: ReferenceTool.areInstalled, "djpeg, cjpeg and pngtopnm are not installed; `make test` installs them"))
struct ReferenceToolTests {
    /// The outcomes of altered files; each must occur, or the test proves nothing.
    private struct Tally {
        var remarked = 0, refused = 0
    }

    private static func decoded(_ data: Data) -> Frame? {
        var frame: Frame?
        _ = imageError { () throws(ImageError) in
            frame = try Frame.decode(data, limits: DecodeLimits(maxPixels: 1 << 20))
        }
        return frame
    }

    private func compare(_ data: Data, tidy: [Int], with tool: ReferenceTool, _ comment: Comment, _ tally: inout Tally)
        throws
    {
        let output = try tool.run(on: data)
        // djpeg ends with 2 after a warning.
        let isComplete = output.status == 0 || tool.isForJPEG && output.status == 2
        let theirs = isComplete ? ReferenceTool.samples(of: output.data) : nil
        let frame = Self.decoded(data)
        if theirs == tidy {
            #expect(frame?.integers == tidy, comment)
        } else if let frame, let theirs {
            #expect(frame.integers == theirs, comment)
        }
        if frame == nil { tally.refused += 1 }
        if frame?.remarks.isEmpty == false { tally.remarked += 1 }
    }

    // MARK: JPEG

    /// Reference images that the tool shows as they are stored, and one that is arithmetic-coded.
    private static func jpegs() throws -> [(name: String, data: Data)] {
        let names = ["baseline_420.jpg", "baseline_444.jpg", "grey.jpg", "progressive.jpg", "restart_markers.jpg"]
        let arithmetic = try ReferenceTool.cjpeg.run(on: ReferenceTool.pnm(of: .sample(width: 70, height: 50)))
        return try names.map { ($0, try GoldenImages.data($0)) } + [("arithmetic", arithmetic.data)]
    }

    private func alter(_ jpeg: EditableJPEG, _ dice: inout SplitMix64) -> EditableJPEG {
        var jpeg = jpeg
        let at = Int.random(in: jpeg.header.indices, using: &dice)
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &dice) } }
        switch Int.random(in: 0..<8, using: &dice) {
        case 0: jpeg.header[at].strays = bytes(Int.random(in: 1...300, using: &dice))
        case 1: jpeg.header[at].wrongLength = jpeg.header[at].content.count + 2 + Int.random(in: -3...3, using: &dice)
        case 2, 3:
            let index = Int.random(in: jpeg.header[at].content.indices, using: &dice)
            jpeg.header[at].content[index] = bytes(1)[0]
        case 4:
            let markers: [UInt8] = [0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF, 0xFE]
            let content = bytes(Int.random(in: 0...60, using: &dice))
            let error = Int.random(in: -2...1, using: &dice)
            jpeg.header.insert(
                .init(
                    marker: markers.randomElement(using: &dice)!, content: content,
                    wrongLength: content.count + 2 + error),
                at: at)
        case 5: jpeg.header.insert(jpeg.header[Int.random(in: 0..<(jpeg.header.count - 1), using: &dice)], at: at)
        case 6:
            let last = jpeg.header.count - 1
            jpeg.header[last].content.replaceSubrange((jpeg.header[last].content.count - 3)..., with: bytes(3))
        default:
            let count = Int.random(in: 1...500, using: &dice)
            jpeg.scanData += [UInt8](repeating: [0, 0xFF, 0x55].randomElement(using: &dice)!, count: count)
        }
        return jpeg
    }

    @Test func a_jpeg_with_an_altered_header_gives_the_pixels_that_djpeg_gives() throws {
        var tally = Tally(), dice = SplitMix64(seed: 2024)
        for (name, data) in try Self.jpegs() {
            let tidy = try #require(ReferenceTool.samples(of: try ReferenceTool.djpeg.run(on: data).data))
            #expect(try Frame.decode(data).integers == tidy, "\(name)")
            for round in 0..<60 {
                let altered = alter(EditableJPEG(data), &dice)
                try compare(altered.data, tidy: tidy, with: .djpeg, "\(name), round \(round)", &tally)
            }
        }
        #expect(tally.remarked > 60 && tally.refused > 60, "\(tally)")
    }

    @Test func a_jpeg_whose_data_djpeg_finds_damaged_is_refused() throws {
        var refused = 0, dice = SplitMix64(seed: 77)
        for (name, data) in try Self.jpegs() {
            for round in 0..<40 {
                var damaged = EditableJPEG(data)
                for _ in 0..<Int.random(in: 1...6, using: &dice) {
                    let at = Int.random(in: damaged.scanData.indices, using: &dice)
                    damaged.scanData[at] = UInt8.random(in: .min ... .max, using: &dice)
                }
                let output = try ReferenceTool.djpeg.run(on: damaged.data)
                let finds = ["premature end of data", "bad Huffman", "bad arithmetic", "found marker", "Inconsistent"]
                guard finds.contains(where: output.messages.contains) else { continue }
                #expect(Self.decoded(damaged.data) == nil, "\(name), round \(round): \(output.messages)")
                refused += 1
            }
        }
        // The number depends on the images.
        #expect(refused > 20)
    }

    // MARK: PNG

    private static func pngs() throws -> [(name: String, data: Data)] {
        let names = ["grey16.png", "grey4.png", "grey8.png", "interlaced.png", "palette.png", "rgb16.png", "rgb8.png"]
        return try names.map { ($0, try GoldenImages.data($0)) }
    }

    private func alter(_ png: EditablePNG, _ dice: inout SplitMix64) -> EditablePNG {
        var png = png
        let at = Int.random(in: 1..<png.chunks.count, using: &dice)
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &dice) } }
        switch Int.random(in: 0..<6, using: &dice) {
        case 0, 1:
            let types = ["tEXt", "zTXt", "iCCP", "gAMA", "pHYs", "tRNS", "bKGD", "eXIf", "sBIT", "acTL", "prVt"]
            png.chunks.insert(
                .init(
                    types.randomElement(using: &dice)!, bytes(Int.random(in: 0...40, using: &dice)),
                    wrongChecksum: Bool.random(using: &dice) ? 7 : nil), at: at)
        case 2: png.chunks[Int.random(in: png.chunks.indices, using: &dice)].wrongChecksum = 7
        case 3: png.chunks.insert(png.chunks.randomElement(using: &dice)!, at: at)
        case 4: png.chunks.insert(.init("IDAT", bytes(Int.random(in: 0...3, using: &dice))), at: at)
        default:
            let moved = png.chunks.remove(at: Int.random(in: png.chunks.indices, using: &dice))
            png.chunks.insert(moved, at: Int.random(in: 0...png.chunks.count, using: &dice))
        }
        return png
    }

    @Test func a_png_with_altered_chunks_gives_the_pixels_that_pngtopnm_gives() throws {
        var tally = Tally(), dice = SplitMix64(seed: 31)
        for (name, data) in try Self.pngs() {
            let frame = try Frame.decode(data)
            let tidy = try #require(ReferenceTool.samples(of: try ReferenceTool.pngtopnm.run(on: data).data))
            // Fewer bits than eight: the tool keeps the levels as numbers from 0.
            guard frame.integers == tidy else {
                #expect(name == "grey4.png" && frame.integers == tidy.map { $0 * 17 }, "\(name)")
                continue
            }
            for round in 0..<60 {
                try compare(
                    alter(EditablePNG(data), &dice).data, tidy: tidy, with: .pngtopnm, "\(name), round \(round)", &tally
                )
            }
        }
        #expect(tally.remarked > 40 && tally.refused > 40, "\(tally)")
    }
}
