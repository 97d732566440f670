import DeliverySinks
import Foundation
import Testing

@Suite struct RetryAfterTests {
    private let now = Date(timeIntervalSince1970: 784_111_777)

    @Test func seconds_and_dates_are_read_and_anything_else_is_not() {
        #expect(RetryAfter.pause("120", now: now) == .seconds(120))
        #expect(RetryAfter.pause(" 0 ", now: now) == .seconds(0))
        #expect(RetryAfter.pause("Sun, 06 Nov 1994 08:49:40 GMT", now: now) == .seconds(3))
        #expect(RetryAfter.pause("Sun, 06 Nov 1994 08:49:00 GMT", now: now) == .seconds(0), "a past date")
        #expect(RetryAfter.pause(String(repeating: "9", count: 40), now: now) == .seconds(Int(Int32.max)))
        for value in ["", "soon", "-1", "1.5", "²"] { #expect(RetryAfter.pause(value, now: now) == nil, "\(value)") }
    }
}
