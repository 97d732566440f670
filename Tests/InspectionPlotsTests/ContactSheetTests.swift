import Imaging
import InspectionPlots
import Testing

@Suite struct ContactSheetTests {
    private func count(_ frame: Frame, _ matches: (UInt8, UInt8, UInt8) -> Bool) -> Int {
        let pixels = frame.rgbBytes
        return stride(from: 0, to: pixels.count, by: 3).count { matches(pixels[$0], pixels[$0 + 1], pixels[$0 + 2]) }
    }

    @Test func an_empty_sheet_still_draws() { #expect(ContactSheet.draw([], title: "none").width > 0) }

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
