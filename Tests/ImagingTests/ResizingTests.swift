import Foundation
import Imaging
import Testing
import TestSupport

@Suite struct ResizingTests {
    private func frame(_ golden: GoldenFile, _ name: String) throws -> Frame {
        let shape = try golden.shape(name)
        try #require(shape.count == 2 || shape.count == 3, "\(name) is no image: \(shape)")
        return Frame(
            width: shape[1], height: shape[0], channels: shape.count == 3 ? shape[2] : 1,
            samples: .eight(try golden.integers(name).map { UInt8($0) }))
    }

    @Test func it_matches_the_reference_within_one_grey_level() throws {
        let golden = try GoldenFile("resize")
        let image = try frame(golden, "image")
        let cases = golden.names.filter { $0.hasPrefix("bilinear_") }
        #expect(!cases.isEmpty)
        for name in cases {
            let want = try frame(golden, name)
            let got = image.resized(width: want.width, height: want.height)
            let worst = zip(got.integers, want.integers).map { abs($0 - $1) }.max() ?? .max
            #expect(worst <= 1, "\(name)")
        }
    }

    @Test func a_grey_frame_resizes_as_each_channel_of_a_colour_one() {
        let grey = Frame.sample(width: 83, height: 59, channels: 1)
        let colour = Frame(width: 83, height: 59, channels: 3, samples: .eight(grey.rgbBytes))
        for (width, height) in [(40, 30), (224, 224), (7, 90), (83, 20)] {
            let one = grey.resized(width: width, height: height)
            let three = colour.resized(width: width, height: height)
            #expect(zip(one.rgbBytes, three.rgbBytes).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        }
    }

    @Test(arguments: [8, 16])
    func a_flat_image_stays_flat(bitDepth: Int) {
        let count = 50 * 40 * 3
        let flat = Frame(
            width: 50, height: 40, channels: 3,
            samples: bitDepth == 8
                ? .eight([UInt8](repeating: 201, count: count)) : .sixteen([UInt16](repeating: 51_234, count: count)))
        for (width, height) in [(1, 1), (13, 80), (224, 3)] {
            let resized = flat.resized(width: width, height: height)
            #expect(resized.bitDepth == bitDepth)
            let value = bitDepth == 8 ? 201 : 51_234
            #expect(resized.integers.allSatisfy { $0 == value })
        }
    }

    @Test func the_same_size_is_the_same_frame() {
        let frame = Frame.sample(width: 31, height: 17)
        #expect(frame.resized(width: 31, height: 17) == frame)
    }

    @Test func network_input_is_the_resized_image_normalised() {
        let frame = Frame.sample(width: 90, height: 70)
        let mean: [Float] = [0.485, 0.456, 0.406]
        let std: [Float] = [0.229, 0.224, 0.225]
        let input = networkInput(frame, width: 32, height: 24, mean: mean, std: std)
        let want = frame.resized(width: 32, height: 24).integers.enumerated().map { index, value in
            (Float(value) / 255 - mean[index % 3]) / std[index % 3]
        }
        #expect(worstDifference(input, want).difference < 1e-5)
    }

    @Test func grey_network_input_has_three_equal_channels() {
        let frame = Frame.sample(width: 90, height: 70, channels: 1)
        let input = networkInput(frame, width: 20, height: 10, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
        let grey = frame.resized(width: 20, height: 10).integers
        for (index, value) in grey.enumerated() {
            let want = Float(value) / 127.5 - 1
            for channel in 0..<3 { #expect(abs(input[3 * index + channel] - want) < 1e-5) }
        }
    }

    @Test func sixteen_bits_reach_the_network_unrounded() {
        // A ramp of 200 sixteen-bit steps lies within one eight-bit step; the network must still see it rise.
        let ramp = (0..<200).map { UInt16(30_000 + $0) }
        let frame = Frame(width: 200, height: 1, channels: 1, samples: .sixteen(ramp))
        let input = networkInput(frame, width: 50, height: 1, mean: [0, 0, 0], std: [1, 1, 1])
        let red = stride(from: 0, to: input.count, by: 3).map { input[$0] }
        #expect(zip(red, red.dropFirst()).allSatisfy { $0 < $1 })
        #expect(abs(red[25] * 65535 - 30_101.5) < 1)
    }

    private func networkInput(_ frame: Frame, width: Int, height: Int, mean: [Float], std: [Float]) -> [Float] {
        var input = [Float](repeating: .nan, count: width * height * 3)
        input.withUnsafeMutableBufferPointer {
            frame.fillNetworkInput($0, width: width, height: height, mean: mean, std: std)
        }
        return input
    }
}
