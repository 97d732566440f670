import Foundation
import InspectionPipeline
import LinuxPlatform
import Testing

/// Repeated causes: one message each, with a count.
@Suite struct IncidentLogTests {
    private let log = CollectedLog()
    private let full = Cause(.retrying, line: "plate", "frame: rename 13")

    @Test func two_thousand_failures_of_one_cause_are_one_message_a_summary_and_one_resolution() {
        let incidents = IncidentLog(logger: log.logger), start = ContinuousClock.now
        for index in 1...2000 {
            incidents.occurred(full, "frame \(index) cannot be taken, check permissions", unit: "frame", now: start)
            incidents.tick(now: start)
        }
        #expect(log.messages == ["error: frame 1 cannot be taken, check permissions"])
        #expect(incidents.open.map(\.count) == [2000])
        incidents.tick(now: start + .seconds(61))
        #expect(log.messages.count == 2)
        #expect(log.messages.last?.hasPrefix("error: 1999 more frames, 2000 in 0 s: frame 2000") == true)
        incidents.passed(line: "another")
        #expect(incidents.open.count == 1)
        incidents.passed(line: "plate", now: start + .seconds(62))
        #expect(log.messages.last?.hasPrefix("notice: resolved after 2000 frames in 0 s: frame 2000") == true)
        #expect(log.messages.count == 3 && incidents.open.isEmpty)
    }

    @Test func a_cause_that_lasts_a_day_is_logged_after_a_minute_after_ten_and_every_hour() {
        let incidents = IncidentLog(logger: log.logger), start = ContinuousClock.now
        for second in 0..<86_400 {
            let now = start + .seconds(second)
            incidents.occurred(full, "no", unit: "frame", now: now)
            incidents.tick(now: now)
        }
        #expect(log.messages.count == 26, "\(log.messages.count)")
    }

    @Test func an_intermittent_cause_fills_the_log_no_more_than_a_persistent_one() {
        let incidents = IncidentLog(logger: log.logger), start = ContinuousClock.now
        for second in 0..<86_400 {
            let now = start + .seconds(second)
            if second % 2 == 0 { incidents.occurred(full, "no", now: now) } else { incidents.ended(full, now: now) }
            incidents.tick(now: now)
        }
        #expect((20...60).contains(log.messages.count), "\(log.messages.count)")
    }

    @Test func a_cause_that_recurs_after_an_hour_is_logged_at_once() {
        let incidents = IncidentLog(logger: log.logger), start = ContinuousClock.now
        incidents.occurred(full, "no", now: start)
        incidents.ended(full, now: start)
        incidents.tick(now: start + .seconds(3600))
        incidents.occurred(full, "no again", now: start + .seconds(3601))
        #expect(log.messages.last == "error: no again")
    }

    @Test func causes_differ_by_line_and_kind_of_failure_and_not_by_frame() {
        func cause(_ name: String, _ code: Int32, _ line: String) -> Cause {
            .frame(SystemError("rename", RawPath("/watch/\(name)"), code: code), line: line)
        }
        #expect(cause("a", EACCES, "plate") == cause("b", EACCES, "plate"))
        #expect(cause("a", EACCES, "plate") != cause("a", EIO, "plate"))
        #expect(cause("a", EACCES, "plate") != cause("a", EACCES, "lid"))
    }

    @Test func a_growing_total_replaces_the_count_instead_of_adding_to_it() {
        let incidents = IncidentLog(logger: log.logger), start = ContinuousClock.now
        let folders = Cause(.folderUnavailable, "inotify watches")
        for total in [330, 330, 330, 340] {
            incidents.occurred(folders, level: .warning, "\(total) folders", unit: "folder", total: total, now: start)
        }
        #expect(incidents.open.map(\.count) == [340] && log.messages == ["warning: 330 folders"])
        incidents.tick(now: start + .seconds(61))
        #expect(log.messages.last?.hasPrefix("warning: 10 more folders, 340 in") == true, "\(log.messages)")
    }
}
