import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// The shell's completions of a command.
    @Suite(.enabled(if: Programs.installed("bash") != nil, "there is no bash on this machine")) struct Completion {
        /// The words that bash offers for the last of `words`, typed in `folder`.
        private func offered(_ words: [String], in folder: URL, _ script: URL) throws -> [String] {
            let quoted = words.map { "'\($0)'" }.joined(separator: " ")
            let program = """
                cd '\(folder.path)'
                PATH='\(URL(fileURLWithPath: try Programs.path("inspectctl")).deletingLastPathComponent().path)':"$PATH"
                source '\(script.path)'
                COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1); COMP_LINE="${COMP_WORDS[*]}"
                COMP_POINT=${#COMP_LINE}; COMPREPLY=()
                _inspectctl inspectctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let run = try ProgramRun(path: try #require(Programs.installed("bash")), ["-c", program])
            // Outside a completion, bash knows no `compopt`; nothing else may be said.
            let errors = run.errors.split(separator: "\n").filter { !$0.contains("compopt") }
            #expect(errors.isEmpty, "\(errors)")
            return run.lines.sorted()
        }

        @Test func files_folders_lines_models_and_codes_are_offered() throws {
            try Workshop.open(lines: [.init(), .init(name: "press", model: "plate")]) { shop in
                let script = shop.root.appendingPathComponent("completion.bash")
                let made = try ProgramRun("inspectctl", ["--generate-completion-script", "bash"])
                try Data(made.output.utf8).write(to: script)
                let folder = shop.root.appendingPathComponent("desk")
                try FileManager.default.createDirectory(
                    at: folder.appendingPathComponent("pictures"), withIntermediateDirectories: true)
                for file in ["part.jpg", "plate.model"] { try Data().write(to: folder.appendingPathComponent(file)) }
                let config = ["--config", shop.configurationFile]
                func offers(_ words: String...) throws -> [String] {
                    let command = words.prefix { !$0.hasPrefix("-") && words[0] == "fit" || $0 == words[0] }
                    return try offered(
                        ["inspectctl"] + command + config + words.dropFirst(command.count), in: folder, script)
                }
                #expect(try offers("history", "--line", "") == ["plate", "press"])
                #expect(try offers("calibrate", "--line", "pr") == ["press"])
                #expect(try offers("fit", "grad", "--line", "pl") == ["plate"])
                #expect(try offers("inspect", "pa") == ["part.jpg"])
                #expect(try offers("inspect", "part.jpg", "--model", "pl") == ["plate", "plate.model"])
                #expect(try offers("inspect", "part.jpg", "--overlays", "") == ["pictures"])
                #expect(try offers("fit", "gaussian", "--normal", "p") == ["pictures"])
                #expect(try offers("requeue", "--code", "tr") == ["truncated"])
                #expect(try offers("history", "--verdict", "an") == ["anomalous"])
                let models = try offered(["inspectctl", "model", "show"] + config + [""], in: folder, script)
                #expect(models == ["plate"])
                // Without a configuration there are no completions and no messages.
                let none = ["inspectctl", "history", "--config", "/nowhere.yaml", "--line", ""]
                #expect(try offered(none, in: folder, script) == [])
            }
        }

        @Test(arguments: ["bash", "zsh", "fish"])
        func no_option_that_takes_a_file_or_a_folder_keeps_the_shell_from_offering_them(shell: String) throws {
            let script = try ProgramRun("inspectctl", ["--generate-completion-script", shell])
            #expect(script.status == 0 && script.output.contains("---completion"))
            let help = try ProgramRun("inspectctl", ["--experimental-dump-help"]).object()
            var unhelped: [String] = []
            func visit(_ command: [String: Any]) {
                for argument in command["arguments"] as? [[String: Any]] ?? [] {
                    let value = argument["valueName"] as? String ?? ""
                    guard ["file", "folder", "dir", "line", "model", "name|file"].contains(value) else { continue }
                    if argument["completionKind"] == nil {
                        unhelped.append("\(command["commandName"] ?? "") \(value)")
                    }
                }
                for child in command["subcommands"] as? [[String: Any]] ?? [] { visit(child) }
            }
            visit(try #require(help["command"] as? [String: Any]))
            #expect(unhelped.isEmpty, "\(unhelped)")
        }
    }
}
