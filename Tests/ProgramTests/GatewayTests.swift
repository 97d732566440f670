import Foundation
import InspectionDomain
import SeededRandom
import TestSupport
import Testing

extension ProgramTests {
    /// The real gateway beside a ledger that is being written.
    @Suite struct Gateway {
        @Test(arguments: 1...3 as ClosedRange<UInt64>)
        func every_record_arrives_in_order_while_the_gateway_is_killed(seed: UInt64) throws {
            try GatewayShop.open { shop in
                try shop.introduce()
                var random = SplitMix64(seed: seed), recorded = 0
                let count = 60
                while recorded < count || Set(shop.received("a") + shop.received("b")).count < 2 * count {
                    let gateway = try shop.start()
                    defer { gateway.kill() }
                    let end = ContinuousClock.now + .milliseconds(Int(random.next() % 500))
                    repeat {
                        if recorded < count {
                            try shop.record(recorded..<recorded + 1)
                            recorded += 1
                        }
                        usleep(UInt32(random.next() % 20_000))
                    } while ContinuousClock.now < end
                }
                for line in ["a", "b"] {
                    var next = 0
                    for id in shop.received(line) {
                        let number = try #require(Int(id.dropFirst()))
                        #expect(number <= next, "\(id) came before \(line)\(next)")
                        next = max(next, number + 1)
                    }
                    #expect(next == count)
                }
            }
        }

        @Test func a_record_is_delivered_while_it_runs_and_a_stop_is_quick() throws {
            try GatewayShop.open { shop in
                let gateway = try shop.start()
                defer { gateway.kill() }
                try gateway.waitForLog(" is new")
                for number in 0..<3 {
                    try shop.record(number..<number + 1)
                    try wait(for: "record \(number)") { shop.received("b").count == number + 1 }
                }
                try shop.script("sleep 600")
                try shop.record(3..<4)
                #expect(try gateway.stop() == 0)
            }
        }

        @Test func without_its_section_it_opens_no_socket_and_begins_at_a_reload() throws {
            try GatewayShop.open(section: nil) { shop in
                try FileManager.default.removeItem(at: shop.root.appendingPathComponent("gateway"))
                let gateway = try shop.start()
                defer { gateway.kill() }
                try gateway.waitForLog("ready: idle: ")
                #expect(try sockets(of: gateway.pid).isEmpty)
                #expect(!FileManager.default.fileExists(atPath: shop.root.appendingPathComponent("gateway").path))
                try shop.configure("exec: [SCRIPT]")
                gateway.signal(SIGHUP)
                try gateway.waitForLog("reloaded: delivering to exec")
                try gateway.waitForLog(" is new")
                try shop.record(0..<1)
                try wait(for: "the record") { shop.received("a") == ["a0"] }
                #expect(try sockets(of: gateway.pid).isEmpty, "a program of one's own needs none")
            }
        }

        /// Open sockets of the network; Foundation hands one of its own, of the machine, to every child.
        private func sockets(of pid: Int32) throws -> [String] {
            let tables = try ["tcp", "tcp6", "udp", "udp6"].map {
                try String(contentsOfFile: "/proc/\(pid)/net/\($0)", encoding: .utf8)
            }.joined()
            let folder = "/proc/\(pid)/fd"
            return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
            }.filter { link in
                let number = link.filter(\.isNumber)
                return link.hasPrefix("socket:") && tables.contains(" \(number) ")
            }
        }

        @Test func an_invalid_configuration_changes_nothing_at_a_reload() throws {
            try GatewayShop.open { shop in
                let gateway = try shop.start()
                defer { gateway.kill() }
                try gateway.waitForLog(" is new")
                for section in ["exec: [relative]", "webhook: [{url: 'https://host/', secret: 'credential:missing'}]"] {
                    try shop.configure(section)
                    let before = gateway.messages.count
                    gateway.signal(SIGHUP)
                    try wait(for: "the refusal") {
                        gateway.messages.dropFirst(before).contains { $0.hasPrefix("reload refused") }
                    }
                }
                try shop.record(0..<1)
                try wait(for: "the record") { shop.received("a") == ["a0"] }
            }
        }

        @Test func a_secret_in_the_configuration_is_refused_and_not_repeated() throws {
            try GatewayShop.open(section: "webhook: [{url: 'https://host/', secret: hush-1234}]") { shop in
                for program in ["inspectctl", "inspectd-gateway"] {
                    let run = try ProgramRun(
                        program,
                        (program == "inspectctl" ? ["config", "check"] : ["--check"])
                            + ["--config", shop.configurationFile])
                    #expect(run.status == 78 && run.errors.contains("gateway.webhook[0].secret"), "\(run.errors)")
                    #expect(!(run.errors + run.output).contains("hush"))
                }
            }
        }

        @Test func a_second_gateway_in_the_same_folder_is_refused() throws {
            try GatewayShop.open { shop in
                let gateway = try shop.start()
                defer { gateway.kill() }
                let run = try ProgramRun("inspectd-gateway", ["--config", shop.configurationFile])
                #expect(run.status == 69 && run.errors.contains("\(gateway.pid)"), "\(run.errors)")
            }
        }

        @Test func an_operator_lists_tests_retries_and_skips() throws {
            try GatewayShop.open { shop in
                #expect(try shop.control("sinks", "test", "exec").status == 69, "it does not run")
                #expect(try shop.control("sinks", "list").output.contains("new"))
                let gateway = try shop.start()
                defer { gateway.kill() }
                try gateway.waitForLog(" is new")
                let test = try shop.control("sinks", "test", "exec")
                #expect(test.status == 0 && test.output.contains("acknowledged"), "\(test.errors)")

                try shop.script("echo broken part; exit 65")
                try shop.record(0..<2, lines: ["a"])
                try gateway.waitForLog("result a1 of line a was refused")
                let letters = try shop.control("sinks", "list", "exec")
                #expect(letters.output.contains("a0") && letters.output.contains("status 65: broken part"))
                let refused = try shop.control("sinks", "test", "exec")
                #expect(refused.status == 69 && refused.errors.contains("broken part"))

                try shop.script("exit 75")
                try shop.record(2..<5, lines: ["a"])
                try gateway.waitForLog("messages of line a are not delivered")
                let preview = try shop.control("sinks", "skip", "exec")
                #expect(preview.output.contains("3 records would be skipped"), "\(preview.output)\(preview.errors)")
                #expect(try shop.control("sinks", "skip", "exec", "--yes").output.contains("3 records skipped"))
                try shop.script(
                    "printf '%s %s\\n' \"$INSPECTD_LINE\" \"$INSPECTD_RESULT_ID\" >> \(shop.root.path)/received/list")
                #expect(try shop.control("sinks", "retry", "exec").output.contains("2 dead letters will be sent again"))
                try shop.record(5..<6, lines: ["a"])
                try wait(for: "what is left") { Set(shop.received("a")).isSuperset(of: ["a0", "a1", "a5"]) }
                #expect(Set(shop.received("a")).isDisjoint(with: ["a2", "a3", "a4"]))
                #expect(try shop.control("sinks", "retry", "exec", "a0").status == 66, "it is no dead letter any more")
                #expect(try shop.control("sinks", "skip", "nobody").status == 64)
            }
        }

        @Test func status_shows_a_lag_that_grows_while_the_gateway_is_down() throws {
            try GatewayShop.open { shop in
                try shop.introduce()
                try shop.record(0..<4)
                let status = try shop.control("status", "--format", "json").object()
                let gateway = try #require(status["gateway"] as? [String: Any])
                let sink = try #require((gateway["sinks"] as? [[String: Any]])?.first)
                #expect(gateway["running"] as? Bool == false && sink["waiting"] as? Int == 8)
                #expect(sink["name"] as? String == "exec" && sink["lag_seconds"] as? Double != nil)
                #expect(try shop.control("status").output.contains("gateway    not running"))
            }
        }

        /// The gateway may read the ledger and its folder, and write neither; `inspectd` runs, ended, or was killed.
        @Test(.enabled(if: OtherUser.lacking == nil && geteuid() == 0, "needs root and setpriv"))
        func another_user_of_the_group_reads_the_ledger() throws {
            try GatewayShop.open { shop in
                let group = OtherUser.id, state = shop.root.appendingPathComponent("state").path
                for (path, mode) in [(shop.root.path, 0o755), (state, 0o750), (shop.ledgerPath, 0o640)]
                    as [(String, mode_t)]
                {
                    chmod(path, mode)
                }
                for path in [state, shop.ledgerPath, shop.ledgerPath + "-wal", shop.ledgerPath + "-shm"] {
                    chown(path, 0, group)
                    if path != state { chmod(path, 0o640) }
                }
                for folder in ["gateway", "received"] { try OtherUser.own(shop.root.appendingPathComponent(folder)) }
                let launcher = [
                    Programs.installed("setpriv") ?? "setpriv", "--reuid=\(OtherUser.id)", "--regid=\(group)",
                    "--clear-groups",
                ]
                try shop.introduce(launcher: launcher)
                try shop.record(0..<2, lines: ["a"])
                shop.closeLedger()
                let gateway = try shop.start(launcher: launcher)
                defer { gateway.kill() }
                try wait(for: "the records of a ledger that nobody has open") { shop.received("a").count == 2 }
                try shop.openLedger()
                try shop.record(2..<4, lines: ["a"])
                try wait(for: "the records of one that is written") { shop.received("a").count == 4 }
                #expect(shop.received("a") == ["a0", "a1", "a2", "a3"])
                let names = try FileManager.default.contentsOfDirectory(atPath: state).sorted()
                #expect(names == ["ledger.sqlite", "ledger.sqlite-shm", "ledger.sqlite-wal"])
            }
        }
    }
}
