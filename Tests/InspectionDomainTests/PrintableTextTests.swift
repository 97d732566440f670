import Foundation
import InspectionDomain
import Testing

@Suite struct PrintableTextTests {
    @Test(arguments: [
        ("\u{1b}[31mred", "\\x1b[31mred"), ("a\nb", "a\\x0ab"), ("a\r\nb", "a\\x0d\\x0ab"), ("a\tb", "a\\x09b"),
        ("a\u{7f}b", "a\\x7fb"), ("a\u{9b}31mb", "a\\u{9b}31mb"), ("gpj.\u{202e}x", "gpj.\\u{202e}x"),
        ("a\u{2066}b", "a\\u{2066}b"), ("a\u{2028}b", "a\\u{2028}b"), ("a\u{2029}b", "a\\u{2029}b"),
        ("\u{feff}a", "\\u{feff}a"), ("a\0b", "a\\x00b"), ("a\u{61c}b", "a\\u{61c}b"),
    ])
    func control_characters_are_escaped(text: String, shown: String) {
        #expect(text.printable == shown)
        #expect(shown.printable == shown, "escaping again changes nothing")
    }

    @Test func ordinary_names_are_unchanged() {
        for name in ["plate 1.jpg", "Teil-Ä-ß.png", "部品.jpg", "👩‍🔧.jpg", "a\\b", "naïve"] {
            #expect(name.printable == name)
        }
    }

    @Test func lines_that_the_program_composed_stay_lines() {
        #expect(PrintableText.escaped("one\ntwo\u{1b}\r", keepsLines: true) == "one\ntwo\\x1b\\x0d")
    }

    @Test func local_times_carry_their_offset_from_utc() throws {
        let date = Date(timeIntervalSince1970: 1_769_847_330)
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        let newfoundland = try #require(TimeZone(secondsFromGMT: -12_600))
        #expect(LocalTime.text(date, zone: berlin) == "2026-01-31 09:15:30 +0100")
        #expect(LocalTime.text(date, zone: newfoundland) == "2026-01-31 04:45:30 -0330")
        #expect(LocalTime.text(date + 181 * 86_400, zone: berlin) == "2026-07-31 10:15:30 +0200")
    }

    /// `\r\n` is one character in Swift, and two bytes to a reader of the export.
    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("a\r\nb", "a\\x0d\\x0ab"),
        ("=1+1", "'=1+1"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"), ("-2+3", "'-2+3"),
        ("@SUM(A1),1", "\"'@SUM(A1),1\""),
        ("-1.5", "-1.5"), ("+3e-05", "+3e-05"), ("", ""), ("\t=1", "\\x09=1"),
    ])
    func a_cell_of_an_export_is_one_cell_and_no_formula(text: String, cell: String) {
        #expect(CSV.cell(text) == cell)
    }
}
