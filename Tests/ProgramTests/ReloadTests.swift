import Foundation
import Testing

extension ProgramTests {
    /// SIGHUP.
    @Suite struct Reload {
        @Test func an_invalid_file_leaves_the_old_configuration_in_force_and_the_log_says_why() throws {
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    let text = try String(contentsOfFile: shop.configurationFile, encoding: .utf8)
                    try shop.write(
                        text.replacingOccurrences(of: "after: archive", with: "after: burn"),
                        to: shop.configurationFile)
                    daemon.signal(SIGHUP)
                    let message = try daemon.waitForLog("reload refused")
                    #expect(message.contains("the previous configuration stays in force"))
                    #expect(message.contains("\(shop.configurationFile):10: lines[0].after:"), "\(message)")
                    #expect(message.contains("archive, keep or delete") && message.contains("'burn'"), "\(message)")
                    try shop.drop(try Pictures.flawless(1), as: "one.jpg")
                    try shop.waitForResults(1)
                    #expect(try shop.archived().count == 1)
                    #expect(try daemon.stop() == 0)
                }
            }
        }

        @Test func frames_of_a_line_that_a_reload_adds_are_inspected_and_those_of_one_it_drops_are_not() throws {
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    try shop.configure([.init(), .init(name: "second")])
                    try shop.drop(try Pictures.flawless(1), as: "waiting.jpg", on: "second")
                    daemon.signal(SIGHUP)
                    try daemon.waitForLog("reloaded: 2 lines")
                    try shop.drop(try Pictures.flawless(2), as: "first.jpg")
                    #expect(try shop.result(of: "waiting.jpg").inspection.line == "second")
                    #expect(try shop.result(of: "first.jpg").inspection.line == "plate")

                    try shop.configure([.init(name: "second")])
                    daemon.signal(SIGHUP)
                    try daemon.waitForLog("reloaded: 1 line")
                    // The scan that was under way may still have been the former configuration's.
                    usleep(300_000)
                    try shop.drop(try Pictures.flawless(3), as: "nobodys.jpg")
                    try shop.drop(try Pictures.flawless(4), as: "last.jpg", on: "second")
                    #expect(try shop.result(of: "last.jpg").inspection.line == "second")
                    #expect(shop.files(in: shop.watched()) == ["nobodys.jpg"])
                }
            }
        }

        @Test func what_needs_a_restart_is_refused_with_that_advice() throws {
            try Workshop.open { shop in
                try shop.withDaemon { daemon in
                    let text = try String(contentsOfFile: shop.configurationFile, encoding: .utf8)
                    try shop.write(
                        text.replacingOccurrences(of: "spool: spool", with: "spool: elsewhere"),
                        to: shop.configurationFile)
                    daemon.signal(SIGHUP)
                    let message = try daemon.waitForLog("reload refused")
                    #expect(message.contains("spool") && message.contains("restart inspectd"), "\(message)")
                    try shop.drop(try Pictures.flawless(1), as: "one.jpg")
                    try shop.waitForResults(1)
                }
            }
        }

        @Test(arguments: [SIGHUP, SIGTERM])
        func a_signal_that_comes_the_moment_it_is_ready_is_obeyed(_ signal: Int32) throws {
            try Workshop.open { shop in
                for _ in 0..<3 {
                    try shop.withDaemon { daemon in
                        daemon.signal(signal)
                        if signal == SIGHUP {
                            try daemon.waitForLog("reloaded: 1 line")
                            daemon.signal(SIGTERM)
                        }
                        let status = try daemon.end()
                        #expect(status == 0, "\(daemon.messages.suffix(4))")
                    }
                }
            }
        }
    }
}
