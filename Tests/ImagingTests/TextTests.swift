import Imaging
import Testing

@Suite struct TextTests {
    private func rendered(_ text: String, size: Double = 24) -> [UInt8] {
        var canvas = Canvas(width: 60, height: 40)
        canvas.text(text, at: Point(10, 5), size: size, .white)
        return canvas.pixels
    }

    @Test func every_printable_ascii_character_has_a_glyph_of_its_own() {
        let printable = (0x20...0x7E).map { Character(Unicode.Scalar(UInt8($0))) }
        #expect(Set(printable).isSubset(of: StrokeFont.characters))
        let drawings = Set(StrokeFont.characters.map { rendered(String($0)) })
        // The minus sign looks like a dash of its own length; all others differ.
        #expect(drawings.count == StrokeFont.characters.count)
    }

    @Test func an_unknown_character_is_a_box_not_nothing() {
        #expect(rendered("\u{4E2D}") != rendered(" "))
        #expect(rendered("\u{4E2D}") == rendered("\u{6587}"))
    }

    @Test(arguments: [10.0, 13, 24, 60])
    func text_stays_within_its_measured_box(size: Double) {
        let text = "Wj|g@_(Q)"
        let width = Canvas.textWidth(text, size: size)
        var canvas = Canvas(width: Int(width) + 20, height: Int(size) + 20)
        canvas.text(text, at: Point(10, 10), size: size, .white)
        for y in 0..<canvas.height {
            for x in 0..<canvas.width where canvas[x, y].red > 100 {
                #expect(Double(x) >= 9 && Double(x) <= 10 + width && Double(y) >= 8 && Double(y) <= 11 + size)
            }
        }
    }

    @Test func the_width_grows_with_the_size_and_the_text() {
        #expect(Canvas.textWidth("", size: 20) == 0)
        #expect(abs(Canvas.textWidth("score", size: 40) - 2 * Canvas.textWidth("score", size: 20)) < 1e-9)
        #expect(Canvas.textWidth("scores", size: 20) > Canvas.textWidth("score", size: 20))
    }

    @Test func digits_share_one_width() {
        let widths = Set("0123456789".map { Canvas.textWidth(String($0), size: 20) })
        #expect(widths.count == 1)
    }

    @Test func alignment_moves_the_text_by_its_width() {
        let width = Canvas.textWidth("HH", size: 20).rounded()
        func columns(_ alignment: Canvas.TextAlignment) -> [Int] {
            var canvas = Canvas(width: 120, height: 30)
            canvas.text("HH", at: Point(60, 2), size: 20, .white, alignment: alignment)
            return (0..<120).filter { x in (0..<30).contains { canvas[x, $0].red > 128 } }
        }
        #expect((columns(.left).first ?? 0) >= 60)
        #expect((columns(.right).last ?? 120) <= 60)
        #expect(abs((columns(.left).first ?? 0) - (columns(.right).first ?? 0) - Int(width)) <= 1)
        let centre = columns(.centre)
        #expect(abs((centre.first ?? 0) + (centre.last ?? 0) - 119) <= 2)
    }

    @Test func turned_by_minus_ninety_degrees_it_reads_upwards() {
        var canvas = Canvas(width: 40, height: 120)
        canvas.text("HHHH", at: Point(5, 110), size: 20, .white, angle: -90)
        let rows = (0..<120).filter { y in (0..<40).contains { canvas[$0, y].red > 128 } }
        #expect((rows.last ?? 0) - (rows.first ?? 0) > 45 && (rows.last ?? 120) <= 110)
    }

    @Test(arguments: [
        ("part 11.jpg", "part 11.jpg"), ("a\nb", "a\\u{A}b"), ("\u{1B}[31m", "\\u{1B}[31m"),
        ("a\r\nb", "a\\u{D}\\u{A}b"),
        ("x\u{202E}gpj.exe", "x\\u{202E}gpj.exe"), ("a\u{0}", "a\\u{0}"), ("a\u{200B}b", "a\\u{200B}b"),
        ("\u{4E2D}", "\\u{4E2D}"),
        ("Prüfteil é ß", "Prüfteil é ß"), ("u\u{308}", "u\u{308}"), ("a\u{327}\u{308}", "a\\u{327}\\u{308}"),
    ])
    func a_character_without_a_glyph_is_written_as_its_number(text: String, printable: String) {
        #expect(StrokeFont.printable(text) == printable)
    }

    @Test func a_letter_with_a_mark_differs_from_the_letter() {
        let texts = ["a", "ä", "á", "à", "â", "ã", "å", "A", "Ä", "i", "í", "c", "ç", "s", "š", "ß"]
        for (index, text) in texts.enumerated() {
            for other in texts[..<index] { #expect(rendered(text) != rendered(other), "\(text) \(other)") }
        }
    }
}
