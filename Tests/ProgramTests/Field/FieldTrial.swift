import Foundation
import Testing

extension ProgramTests {
    /// `make field`: every case on the real programs, in temporary folders, and a table of what happened.
    @Suite struct Field {
        private static let isWanted = ProcessInfo.processInfo.environment["INSPECTD_FIELD"] != nil
        /// Part of a case's situation: only those are tried.
        private static let only = ProcessInfo.processInfo.environment["INSPECTD_FIELD_ONLY"] ?? ""

        /// At once, whatever reads it: a trial takes minutes.
        private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

        private struct Row {
            let situation, outcome, happened: String
        }

        @Test(.enabled(if: isWanted, "make field"))
        func every_case_comes_out_right() throws {
            let cases = FieldCase.all.filter { Self.only.isEmpty || $0.situation.contains(Self.only) }
            var rows: [Row] = []
            for (index, one) in cases.enumerated() {
                say("case \(index + 1) of \(cases.count): \(one.situation)")
                let row = Self.tried(one)
                rows.append(row)
                if row.outcome == "WRONG" {
                    Issue.record("\(one.situation): \(row.happened)\nright: \(one.right)")
                }
            }
            let width = rows.map(\.situation.count).max() ?? 0
            say("")
            for row in rows {
                let padded = row.situation.padding(toLength: width, withPad: " ", startingAt: 0)
                let happened = row.happened.split(separator: "\n").first.map(String.init) ?? ""
                say("\(padded)  \(row.outcome.padding(toLength: 7, withPad: " ", startingAt: 0))  \(happened)")
            }
            func count(_ outcome: String) -> Int { rows.count { $0.outcome == outcome } }
            say("\n\(count("right")) right, \(count("WRONG")) wrong, \(count("not run")) not run")
        }

        private static func tried(_ one: FieldCase) -> Row {
            guard one.missing.isEmpty else {
                let needs = one.missing.map(\.rawValue).joined(separator: ", ")
                return Row(situation: one.situation, outcome: "not run", happened: "needs \(needs)")
            }
            do {
                return Row(situation: one.situation, outcome: "right", happened: try one.run())
            } catch {
                return Row(situation: one.situation, outcome: "WRONG", happened: "\(error)")
            }
        }
    }
}
