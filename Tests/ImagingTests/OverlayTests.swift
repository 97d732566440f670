import Foundation
import Imaging
import Testing

@Suite struct OverlayTests {
    private let caption = Overlay.Caption(
        verdict: "ANOMALOUS", colour: .orange, details: ["score 1.26 × threshold", "line plate", "part 11.jpg"])

    /// A map with one round hill of height `peak`, and the mask of what is above `threshold` at the image's size.
    private func findings(
        width: Int, height: Int, peak: Float, threshold: Float = 5, mapSize: Int = 32
    ) -> Overlay.Findings {
        let map = (0..<mapSize * mapSize).map { index -> Float in
            let dx = Float(index % mapSize) - Float(mapSize) * 0.6
            let dy = Float(index / mapSize) - Float(mapSize) * 0.4
            return peak * exp(-(dx * dx + dy * dy) / Float(mapSize))
        }
        let full = Overlay.upsample(map, width: mapSize, height: mapSize, toWidth: width, toHeight: height)
        return Overlay.Findings(
            map: map, mapWidth: mapSize, mapHeight: mapSize, pixelThreshold: threshold,
            mask: full.map { $0 > threshold ? 255 : 0 })
    }

    private func pixel(_ frame: Frame, _ x: Int, _ y: Int) -> [Int] {
        let start = (y * frame.width + x) * 3
        return Array(frame.integers[start..<start + 3])
    }

    @Test func the_outline_of_a_region_is_red_and_its_inside_is_not() {
        let frame = Frame.sample(width: 200, height: 150)
        let findings = findings(width: 200, height: 150, peak: 12)
        let overlay = Overlay.draw(frame: frame, findings: findings, caption: caption)
        let bytes = overlay.rgbBytes
        var edge = 0, inside = 0
        for y in 1..<149 {
            for x in 1..<199 where findings.mask[y * 200 + x] != 0 {
                let around = (-1...1).flatMap { dy in (-1...1).map { findings.mask[(y + dy) * 200 + x + $0] } }
                let isRed = Array(bytes[(y * 200 + x) * 3..<(y * 200 + x) * 3 + 3]) == [255, 0, 0]
                let isEdge = around.contains(0)
                #expect(isRed == isEdge, "\(x), \(y)")
                edge += isEdge ? 1 : 0
                inside += isEdge ? 0 : 1
            }
        }
        #expect(edge > 50 && inside > 200)
    }

    @Test func a_region_at_the_border_is_outlined_there_too() {
        let mask = [UInt8](repeating: 255, count: 40 * 30)
        let findings = Overlay.Findings(
            map: [9], mapWidth: 1, mapHeight: 1, pixelThreshold: 5, mask: mask)
        let overlay = Overlay.draw(
            frame: .sample(width: 40, height: 30), findings: findings, caption: caption)
        #expect(pixel(overlay, 0, 0) == [255, 0, 0] && pixel(overlay, 39, 29) == [255, 0, 0])
        #expect(pixel(overlay, 20, 15) != [255, 0, 0])
    }

    @Test func a_map_of_zeros_leaves_the_image_unchanged() {
        let frame = Frame.sample(width: 90, height: 60)
        let findings = Overlay.Findings(
            map: [Float](repeating: 0, count: 100), mapWidth: 10, mapHeight: 10, pixelThreshold: 5)
        let overlay = Overlay.draw(frame: frame, findings: findings, caption: caption)
        #expect(Array(overlay.rgbBytes.prefix(90 * 60 * 3)) == frame.rgbBytes)
    }

    @Test func the_scale_is_fixed_by_the_threshold_not_by_the_map() {
        // The same value gives the same colour whatever else the map holds.
        let frame = Frame.sample(width: 40, height: 20, channels: 1)
        func overlay(other: Float) -> Frame {
            Overlay.draw(
                frame: frame,
                findings: Overlay.Findings(
                    map: (0..<800).map { $0 % 40 < 20 ? 4 : other }, mapWidth: 40, mapHeight: 20, pixelThreshold: 5),
                caption: caption)
        }
        let calm = overlay(other: 4), wild = overlay(other: 4000), end = overlay(other: 10)
        #expect(pixel(calm, 5, 5) == pixel(wild, 5, 5))
        #expect(pixel(calm, 30, 5) != pixel(wild, 30, 5))
        #expect(pixel(wild, 30, 5) == pixel(end, 30, 5))
    }

    @Test func heat_hides_more_the_hotter_it_is() {
        let opacities = stride(from: 0.0, through: 1, by: 0.05).map { HeatScale.colour(at: $0).opacity }
        #expect(opacities.first == 0)
        #expect(zip(opacities, opacities.dropFirst()).allSatisfy { $0 <= $1 })
        let warm = opacities.filter { $0 > 0 }
        #expect(warm.count >= 14 && zip(warm, warm.dropFirst()).allSatisfy { $0 < $1 })
        #expect((opacities.last ?? 1) < 0.8)
        let threshold = HeatScale.colour(at: 0.5)
        #expect(threshold.green == 255 && threshold.opacity > 0.1 && threshold.opacity < 0.3)
    }

    @Test(arguments: [20, 128, 235] as [UInt8])
    func cold_areas_equal_the_image(level: UInt8) {
        let frame = Frame(
            width: 60, height: 40, channels: 1, samples: .eight([UInt8](repeating: level, count: 2400)))
        let findings = Overlay.Findings(
            map: (0..<2400).map { Float($0 % 60) / 59 * 2.5 }, mapWidth: 60, mapHeight: 40, pixelThreshold: 5)
        let overlay = Overlay.draw(frame: frame, findings: findings, caption: caption)
        #expect(overlay.rgbBytes.prefix(2400 * 3).allSatisfy { $0 == level })
        var hot = findings
        hot.map = hot.map.map { $0 * 4 }
        let heated = Overlay.draw(frame: frame, findings: hot, caption: caption)
        #expect(heated.rgbBytes.prefix(2400 * 3).contains { $0 != level })
    }

    @Test func the_heat_scale_is_below_every_image_that_is_wide_enough() {
        func reds(width: Int, threshold: Float) -> Int {
            let frame = Frame(
                width: width, height: 20, channels: 1, samples: .eight([UInt8](repeating: 90, count: width * 20)))
            let bar = Overlay.draw(
                frame: frame, findings: .init(map: [0], mapWidth: 1, mapHeight: 1, pixelThreshold: threshold),
                caption: .init(
                    verdict: "NORMAL", colour: .white, details: ["a rather long name of a frame.jpg", "line 7"]))
            let pixels = bar.rgbBytes.suffix((bar.height - 20) * width * 3)
            // The scale's upper end: red, where nothing else in the bar is.
            return stride(from: pixels.startIndex, to: pixels.endIndex, by: 3)
                .count { pixels[$0] > 120 && pixels[$0 + 1] < 10 && pixels[$0 + 2] < 10 }
        }
        for width in [200, 240, 384, 500, 1024, 2000] {
            #expect(reds(width: width, threshold: 5) > 0, "\(width)")
            #expect(reds(width: width, threshold: 0) == 0, "\(width)")
        }
    }

    @Test func a_name_longer_than_the_image_is_wide_keeps_both_its_ends() {
        let name = "plate-camera-07-" + String(repeating: "x", count: 300) + "-000123.jpg"
        func overlay(_ name: String) -> Frame {
            Overlay.draw(
                frame: Frame.sample(width: 384, height: 20), findings: findings(width: 384, height: 20, peak: 0),
                caption: .init(verdict: "NORMAL", colour: .white, details: [name]))
        }
        let drawn = overlay(name)
        #expect(drawn.height < 120)
        #expect(drawn != overlay(name.replacingOccurrences(of: "000123", with: "000124")))
        #expect(drawn != overlay(name.replacingOccurrences(of: "07", with: "08")))
    }

    @Test func numbers_that_are_none_and_thresholds_that_are_none_are_survived() {
        let frame = Frame.sample(width: 30, height: 20)
        for threshold in [5, 0, -1, .nan, .infinity] as [Float] {
            let findings = Overlay.Findings(
                map: [.nan, .infinity, -.infinity, 1e30], mapWidth: 2, mapHeight: 2, pixelThreshold: threshold)
            #expect(Overlay.draw(frame: frame, findings: findings, caption: caption).width == 30)
        }
    }

    @Test(arguments: [(1, 8), (1, 16), (3, 16), (3, 8)])
    func every_kind_of_frame_has_an_overlay_with_the_image_above_the_bar(channels: Int, bitDepth: Int) {
        let frame = Frame.sample(width: 320, height: 240, channels: channels, bitDepth: bitDepth)
        let overlay = Overlay.draw(
            frame: frame, findings: findings(width: 320, height: 240, peak: 3), caption: caption)
        #expect(overlay.width == 320 && overlay.channels == 3 && overlay.bitDepth == 8)
        #expect(overlay.height > 240 && overlay.height < 300)
    }

    @Test(arguments: [(1, 1), (8, 8), (56, 40), (640, 20), (3000, 40)])
    func an_image_of_any_shape_gets_its_caption(width: Int, height: Int) {
        let overlay = Overlay.draw(
            frame: .sample(width: width, height: height), findings: findings(width: width, height: height, peak: 9),
            caption: caption)
        #expect(overlay.width == width && overlay.height > height)
        let bar = overlay.rgbBytes.suffix((overlay.height - height) * width * 3)
        if width > 8 { #expect(bar.contains { $0 > 200 }) }
    }

    @Test func boxes_are_drawn_around_their_region() {
        let frame = Frame(width: 100, height: 80, channels: 1, samples: .eight([UInt8](repeating: 90, count: 8000)))
        var findings = Overlay.Findings(map: [0], mapWidth: 1, mapHeight: 1, pixelThreshold: 5)
        findings.boxes = [Overlay.Box(x: 30, y: 20, width: 25, height: 15)]
        let overlay = Overlay.draw(frame: frame, findings: findings, caption: caption)
        #expect(pixel(overlay, 28, 18) == [255, 255, 255] && pixel(overlay, 56, 36) == [255, 255, 255])
        #expect(pixel(overlay, 30, 20) == [90, 90, 90] && pixel(overlay, 54, 34) == [90, 90, 90])
    }

    @Test func upsampling_a_plane_gives_the_plane() {
        let map = (0..<64).map { Float($0 % 8) + 2 * Float($0 / 8) }
        let full = Overlay.upsample(map, width: 8, height: 8, toWidth: 80, toHeight: 40)
        for y in 5..<35 {
            for x in 10..<70 {
                let want = (Float(x) + 0.5) / 10 - 0.5 + 2 * ((Float(y) + 0.5) / 5 - 0.5)
                #expect(abs(full[y * 80 + x] - want) < 1e-4)
            }
        }
    }

    @Test(arguments: [(200, 150), (64, 64), (32, 32), (33, 300)])
    func the_heat_is_that_of_the_stretched_map(width: Int, height: Int) {
        let frame = Frame.sample(width: width, height: height)
        let small = findings(width: width, height: height, peak: 12)
        let stretched = Overlay.upsample(
            small.map, width: small.mapWidth, height: small.mapHeight, toWidth: width, toHeight: height)
        let large = Overlay.Findings(
            map: stretched, mapWidth: width, mapHeight: height, pixelThreshold: 5, mask: small.mask)
        let bytes = [small, large].map { Overlay.draw(frame: frame, findings: $0, caption: caption).rgbBytes }
        // Strips are placed by their own offset, so the last bit of a value may differ, and with it a colour's step.
        #expect(zip(bytes[0], bytes[1]).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
        #expect(zip(bytes[0], bytes[1]).count { $0 != $1 } < bytes[0].count / 100)
        #expect(bytes[0].prefix(3 * width * height) != frame.rgbBytes[...])
    }

    @Test func a_map_in_colours_has_those_of_the_overlay() {
        let levels = Frame(width: 3, height: 1, channels: 1, samples: .sixteen([0, 32768, 65535]))
        let heat = Overlay.heat(levels).rgbBytes
        let expected = [0, 0.5, 1].map { HeatScale.colour(at: $0) }.flatMap { [$0.red, $0.green, $0.blue] }
        #expect(zip(heat, expected).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
    }

    @Test func the_map_image_holds_the_values_within_its_scale() throws {
        let map: [Float] = [0, 2.5, 5, 7.5, 10, 99, -3, .nan]
        let data = try Overlay.mapPNG(map, width: 4, height: 2, pixelThreshold: 5)
        let frame = try Frame.decode(data)
        #expect(frame.samples == .sixteen([0, 16384, 32768, 49151, 65535, 65535, 0, 0]))
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains("\(Overlay.scaleKey)\u{0}0..65535 = 0..10.0; pixel threshold 5.0"))
    }

    @Test func the_mask_image_is_black_and_white() throws {
        let data = try Overlay.maskPNG([0, 1, 255, 0, 7, 0], width: 3, height: 2)
        let frame = try Frame.decode(data)
        #expect(frame.samples == .eight([0, 255, 255, 0, 255, 0]) && frame.channels == 1)
    }
}
