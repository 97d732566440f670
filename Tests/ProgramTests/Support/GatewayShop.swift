import Foundation
import InspectionDomain
import LedgerStore
import LinuxPlatform
import TestSupport

/// A ledger as `inspectd` writes it, and the real gateway with a program of one's own as its sink.
final class GatewayShop {
    let root: URL
    private(set) var ledger: Ledger?
    private var logs = 0

    /// - Parameter section: the configuration's section `gateway`, below its `state`; nil for none.
    init(_ root: URL, section: String? = "exec: [SCRIPT]") throws {
        self.root = root
        for folder in ["state", "gateway", "received"] {
            try FileManager.default.createDirectory(
                at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
        }
        try script("printf '%s %s\\n' \"$INSPECTD_LINE\" \"$INSPECTD_RESULT_ID\" >> \(received.path)")
        try configure(section)
        ledger = try Ledger(path: ledgerPath)
    }

    static func open(section: String? = "exec: [SCRIPT]", _ body: (GatewayShop) throws -> Void) throws {
        try withTemporaryFolder { try body(try GatewayShop($0, section: section)) }
    }

    var configurationFile: String { root.appendingPathComponent("inspectd.yaml").path }
    var ledgerPath: String { root.appendingPathComponent("state/ledger.sqlite").path }
    var scriptFile: URL { root.appendingPathComponent("sink") }
    private var received: URL { root.appendingPathComponent("received/list") }

    func configure(_ section: String?) throws {
        var text = """
            state: \(root.path)/state
            spool: \(root.path)/spool
            lines:
              - { name: a, watch: \(root.path)/a }
              - { name: b, watch: \(root.path)/b }

            """
        if let section {
            text += "gateway:\n  state: \(root.path)/gateway\n  "
            text += section.replacingOccurrences(of: "SCRIPT", with: scriptFile.path) + "\n"
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: configurationFile))
    }

    /// Replaces the sink's program.
    func script(_ text: String) throws {
        let next = root.appendingPathComponent("sink.next")
        try Data("#!/bin/sh\n\(text)\n".utf8).write(to: next)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: next.path)
        // A program that runs keeps the file it was started from.
        try FileSystem().rename(RawPath(next.path), to: RawPath(scriptFile.path))
    }

    func record(_ numbers: Range<Int>, lines: [String] = ["a", "b"]) throws {
        for number in numbers {
            for line in lines {
                let inspection = Inspection(
                    resultID: "\(line)\(number)", line: line, createdAt: Date(), image: ImageInfo(path: "/w"),
                    verdict: .normal)
                try ledger?.record(inspection, resultPath: "/r/\(line)\(number)", alert: nil)
            }
        }
    }

    func openLedger() throws { ledger = try Ledger(path: ledgerPath) }

    /// `inspectd` ends.
    func closeLedger() { ledger = nil }

    /// What the program received of a line, in the order of arrival.
    func received(_ line: String) -> [String] {
        let text = (try? String(contentsOf: received, encoding: .utf8)) ?? ""
        var ids: [String] = []
        for row in text.split(separator: "\n") {
            let words = row.split(separator: " ").map(String.init)
            if words.count == 2, words[0] == line { ids.append(words[1]) }
        }
        return ids
    }

    func start(launcher: [String] = [], environment: [String: String] = [:]) throws -> RunningDaemon {
        logs += 1
        return try RunningDaemon(
            configuration: configurationFile, logFile: root.appendingPathComponent("log\(logs)"),
            environment: environment, launcher: launcher, program: "inspectd-gateway")
    }

    /// Runs the gateway until its sinks are known, so that later records are for them.
    func introduce(launcher: [String] = []) throws {
        let gateway = try start(launcher: launcher)
        defer { gateway.kill() }
        try gateway.waitForLog(" is new")
        let status = try gateway.stop()
        guard status == 0 else {
            throw RunningDaemon.Failure(reason: "it ended with \(status)", log: gateway.messages)
        }
    }

    func control(_ arguments: String...) throws -> ProgramRun {
        try ProgramRun("inspectctl", arguments + ["--config", configurationFile])
    }
}
