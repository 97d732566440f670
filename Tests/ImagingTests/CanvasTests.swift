import Foundation
import Imaging
import Testing

@Suite struct CanvasTests {
    private let blank = Canvas(width: 60, height: 40, colour: .black)

    /// The red channel summed, in pixels of full white.
    private func ink(_ canvas: Canvas) -> Double {
        stride(from: 0, to: canvas.pixels.count, by: 3).reduce(0) { $0 + Double(canvas.pixels[$1]) } / 255
    }

    @Test func a_filled_rectangle_covers_exactly_its_pixels() {
        var canvas = blank
        canvas.fillRectangle(x: 10, y: 5, width: 20, height: 8, .red)
        for y in 0..<40 {
            for x in 0..<60 {
                let inside = (10..<30).contains(x) && (5..<13).contains(y)
                let want: Colour = inside ? .red : .black
                #expect(canvas[x, y] == want, "\(x), \(y)")
            }
        }
    }

    @Test func half_a_pixel_is_half_covered() {
        var canvas = blank
        canvas.fillRectangle(x: 10.5, y: 5, width: 4, height: 1, .white)
        #expect(
            abs(Int(canvas[10, 5].red) - 128) <= 1 && canvas[11, 5] == .white && abs(Int(canvas[14, 5].red) - 127) <= 1)
    }

    @Test func an_outline_lies_within_its_rectangle() {
        var canvas = blank
        canvas.rectangle(x: 10, y: 10, width: 20, height: 15, lineWidth: 2, .white)
        #expect(canvas[10, 10] == .white && canvas[11, 11] == .white && canvas[29, 24] == .white)
        #expect(canvas[12, 12] == .black && canvas[9, 10] == .black && canvas[30, 24] == .black)
    }

    @Test(arguments: [1.0, 2.5, 6])
    func a_line_has_the_width_asked_for(width: Double) {
        var canvas = blank
        canvas.line(from: Point(-20, 20.5), to: Point(80, 20.5), width: width, .white)
        #expect(abs(ink(canvas) / 60 - width) < 0.25)
    }

    @Test func a_one_pixel_line_through_centres_is_crisp() {
        var canvas = blank
        canvas.line(from: Point(10.5, 7.5), to: Point(40.5, 7.5), .white)
        #expect(canvas[20, 7] == .white && canvas[20, 6] == .black && canvas[20, 8] == .black)
    }

    @Test func a_translucent_polyline_covers_its_joints_once() {
        var canvas = blank
        canvas.polyline(
            [Point(5, 5), Point(30, 30), Point(55, 5), Point(5, 25), Point(55, 30)], width: 5,
            .white.with(opacity: 0.5))
        #expect(canvas.pixels.max() == 128)
    }

    @Test func a_star_is_filled_by_the_even_odd_rule() {
        var canvas = blank
        let star = (0..<5).map { corner in
            let angle = Double(corner) * 4 * .pi / 5 - .pi / 2
            return Point(30 + 18 * cos(angle), 20 + 18 * sin(angle))
        }
        canvas.fillPolygon(star, .white)
        #expect(canvas[30, 20] == .black && canvas[30, 8] == .white)
    }

    @Test func a_disc_has_its_area_and_a_ring_its_own() {
        var disc = blank
        disc.fillCircle(centre: Point(30, 20), radius: 12, .white)
        #expect(abs(ink(disc) - .pi * 144) < 4)
        var ring = blank
        ring.circle(centre: Point(30, 20), radius: 12, lineWidth: 3, .white)
        #expect(abs(ink(ring) - 2 * .pi * 12 * 3) < 4)
        #expect(ring[30, 20] == .black)
    }

    @Test func points_outside_or_not_finite_draw_nothing() {
        var canvas = blank
        canvas.fillRectangle(x: 100, y: 100, width: 10, height: 10, .white)
        canvas.line(from: Point(-50, -10), to: Point(-10, -50), width: 4, .white)
        canvas.line(from: Point(.nan, 3), to: Point(9, 9), .white)
        canvas.fillCircle(centre: Point(1e9, 1e9), radius: 5, .white)
        canvas.fillPolygon([Point(1, 1), Point(.infinity, 2), Point(3, 5)], .white)
        canvas.text("outside", at: Point(500, -200), size: 20, .white)
        canvas.draw(.sample(width: 10, height: 10), x: -10, y: 5)
        canvas.draw(.sample(width: 10, height: 10), x: 5, y: 40)
        #expect(canvas.pixels == blank.pixels)
    }

    @Test func a_shape_larger_than_the_image_is_clipped() {
        var canvas = blank
        canvas.fillRectangle(x: -1e6, y: -1e6, width: 2e6, height: 2e6, .white)
        #expect(canvas.pixels.allSatisfy { $0 == 255 })
    }

    @Test func a_frame_is_laid_over_where_and_as_large_as_asked() {
        let frame = Frame.sample(width: 20, height: 10)
        var canvas = blank
        canvas.draw(frame, x: 7, y: 9)
        #expect(canvas[7, 9].red == frame.rgbBytes[0] && canvas[26, 18].blue == frame.rgbBytes.last)
        #expect(canvas[6, 9] == .black && canvas[27, 18] == .black)
        var scaled = blank
        scaled.draw(frame, x: 50, y: -5, width: 40, height: 20)
        let want = frame.resized(width: 40, height: 20).rgbBytes
        #expect(scaled[50, 0].red == want[5 * 40 * 3] && scaled[59, 14].green == want[(19 * 40 + 9) * 3 + 1])
    }

    @Test(arguments: [(1, 8), (3, 16), (1, 16)])
    func a_canvas_begins_as_the_frame_it_draws_over(channels: Int, bitDepth: Int) {
        let frame = Frame.sample(width: 30, height: 20, channels: channels, bitDepth: bitDepth)
        #expect(Canvas(frame).frame.rgbBytes == frame.rgbBytes)
    }
}
