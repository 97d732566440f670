import Imaging
import InspectionPlots
import Testing

@Suite struct ChartTests {
    private func count(_ frame: Frame, _ matches: (UInt8, UInt8, UInt8) -> Bool) -> Int {
        let pixels = frame.rgbBytes
        return stride(from: 0, to: pixels.count, by: 3).count { matches(pixels[$0], pixels[$0 + 1], pixels[$0 + 2]) }
    }

    @Test func a_roc_curve_hugs_the_corner_it_should() {
        let good = Charts.roc([(0, 0), (0, 1), (1, 1)], auroc: 1, operating: (0, 1), title: "ROC")
        let chance = Charts.roc([(0, 0), (1, 1)], auroc: 0.5, operating: nil, title: "ROC")
        // The curve's blue runs along the left edge in one, not in the other.
        func blueAtLeft(_ frame: Frame) -> Int {
            let pixels = frame.rgbBytes
            return (100..<480).count { y in
                (72..<78).contains { x in
                    let at = (y * frame.width + x) * 3
                    return pixels[at + 2] > 150 && pixels[at] < 110
                }
            }
        }
        #expect(blueAtLeft(good) > 300)
        #expect(blueAtLeft(chance) < 40)
        #expect(count(good) { $0 > 180 && $1 < 60 && $2 < 80 } > 50)
    }

    @Test func a_histogram_shows_both_kinds_and_the_threshold() {
        let frame = Charts.scoreHistogram(
            normal: (0..<100).map { Double($0) / 100 }, anomalous: [2, 2.1, 5], threshold: 1.2, title: "scores")
        #expect(count(frame) { $2 > 180 && $0 < 150 } > 1000)
        #expect(count(frame) { $0 > 200 && $1 > 100 && $1 < 190 && $2 < 140 } > 100)
        #expect(count(frame) { $0 > 180 && $1 < 60 && $2 < 80 } > 300)
    }

    /// Nine level lines: a column in the middle of the plot meets each colour once, from the highest line to the lowest, and the
    /// names take no room from them.
    @Test func many_lines_have_colours_of_their_own_and_names_beside_them() {
        let frame = Charts.lines(
            (1...9).map { line in ("a long name of \(line)", [(0, Double(line)), (1, Double(line))]) }, title: "",
            xLabel: "", yLabel: "")
        let pixels = frame.rgbBytes
        var colours: [[UInt8]] = [], rows: [Int] = []
        for y in 60..<410 {
            let at = (y * frame.width + 300) * 3, colour = Array(pixels[at..<at + 3])
            // The grid is grey and faint; lines are two pixels thick.
            guard colour.min()! < 200, colour != colours.last, rows.last != y - 1 else { continue }
            colours.append(colour)
            rows.append(y)
        }
        #expect(colours.count == 9 && Set(colours).count == 9, "\(colours)")
        #expect((rows.last ?? 0) - (rows.first ?? 0) > 300)
    }

    @Test func degenerate_data_still_draws() {
        #expect(Charts.scoreHistogram(normal: [], anomalous: [], threshold: 0, title: "").width > 0)
        #expect(Charts.lines([("a", [(1, 2)])], title: "", xLabel: "", yLabel: "").height > 0)
        #expect(ContactSheet.draw([], title: "none").width > 0)
    }

    @Test func a_sheet_holds_every_thumbnail() {
        let red = Frame(
            width: 30, height: 20, channels: 3, samples: .eight((0..<600).flatMap { _ in [UInt8(250), 10, 10] }))
        let entry = ContactSheet.Entry(frame: red, caption: "a", detail: "b", colour: .blue)
        let one = ContactSheet.draw([entry], title: "t"),
            five = ContactSheet.draw(Array(repeating: entry, count: 5), title: "t")
        let reds = [one, five].map { frame in count(frame) { $0 > 240 && $1 < 20 && $2 < 20 } }
        #expect(reds[1] == 5 * reds[0])
        #expect(five.height > one.height)
    }
}
