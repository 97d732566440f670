import Foundation
import InspectionPipeline
import TestSupport
import Testing

extension ProgramTests {
    /// `make install` and `make uninstall` into a folder that stands for the machine.
    @Suite(.enabled(if: Programs.installed("make") != nil, "there is no make on this machine")) struct Install {
        private let programs = ["inspectd", "inspectctl", "inspectd-gateway"]

        /// Runs a target of the Makefile with the programs that were built for the tests.
        private func make(_ target: String, into root: URL, _ variables: String...) throws {
            let built = URL(fileURLWithPath: try Programs.path("inspectd")).deletingLastPathComponent().path
            let arguments = ["-s", "-C", Programs.project.path, target, "BIN=\(built)", "DESTDIR=\(root.path)"]
            let run = try ProgramRun(path: try #require(Programs.installed("make")), arguments + variables)
            try #require(run.status == 0, "\(run.errors)")
        }

        private func files(in root: URL) -> Set<String> {
            let all = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
            return Set(
                all.filter { (try? FileManager.default.contentsOfDirectory(atPath: "\(root.path)/\($0)")) == nil })
        }

        private func text(_ path: String, in root: URL) throws -> String {
            try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        }

        @Test func every_part_is_placed_where_its_reader_looks_and_all_of_it_goes_again() throws {
            try withTemporaryFolder { root in
                try make("install", into: root, "PREFIX=/usr", "SYSTEMD_VERSION=254")
                let placed = files(in: root)
                for program in programs {
                    #expect(FileManager.default.isExecutableFile(atPath: "\(root.path)/usr/bin/\(program)"))
                    let completions = [
                        "bash-completion/completions/\(program)", "zsh/site-functions/_\(program)",
                        "fish/vendor_completions.d/\(program).fish",
                    ]
                    for completion in completions {
                        #expect(try text("usr/share/\(completion)", in: root).contains("config"), "\(completion)")
                    }
                }
                for (page, words) in [
                    ("man1/inspectd.1", ["--check", "inspectd.yaml(5)"]),
                    ("man1/inspectctl.1", [".SS inspectctl model import", "--fail-on-anomaly", "77 permission"]),
                    ("man1/inspectd-gateway.1", ["--check", "order per line"]),
                    ("man5/inspectd.yaml.5", [".B false_alarm_rate"]),
                ] {
                    let manual = try text("usr/share/man/\(page)", in: root)
                    #expect(manual.hasPrefix(".TH ") && !manual.contains("\n.PP\n.PP\n"))
                    #expect(try manual.prefix { $0 != "\n" }.contains(Regex(#"[1-9] "20\d\d-\d\d-\d\d" "#)))
                    let plain = manual.replacingOccurrences(of: "\\-", with: "-")
                    for word in words { #expect(plain.contains(word), "\(page) lacks \(word)") }
                }
                for part in [
                    "usr/lib/systemd/system/inspectd.service",
                    "usr/lib/systemd/system/inspectd.service.d/10-notify-reload.conf",
                    "usr/lib/systemd/system/inspectd-gateway.service",
                    "usr/lib/systemd/system/inspectd-gateway.service.d/10-notify-reload.conf",
                    "usr/lib/sysusers.d/inspectd.conf", "usr/lib/tmpfiles.d/inspectd.conf",
                    "usr/lib/systemd/catalog/inspectd.catalog", "etc/inspectd/inspectd.yaml.example",
                    "etc/inspectd/inspectd.yaml", "usr/share/doc/inspectd/docs/OPERATIONS.md",
                ] { #expect(placed.contains(part), "\(part) was not installed") }
                let unit = try text("usr/lib/systemd/system/inspectd.service", in: root)
                #expect(unit.contains("ExecStart=/usr/bin/inspectd --config /etc/inspectd/inspectd.yaml\n"))
                #expect(!unit.contains("/usr/local"))

                try make("uninstall", into: root, "PREFIX=/usr", "SYSTEMD_VERSION=254")
                #expect(files(in: root) == ["etc/inspectd/inspectd.yaml"], "only the configuration is the user's")
            }
        }

        @Test(.enabled(if: Programs.installed("groff") != nil, "there is no groff on this machine"))
        func manual_pages_render_without_a_warning() throws {
            try withTemporaryFolder { root in
                try make("install", into: root, "PREFIX=/usr")
                for page in ["man1/inspectd.1", "man1/inspectctl.1", "man1/inspectd-gateway.1", "man5/inspectd.yaml.5"]
                {
                    let run = try ProgramRun(
                        path: try #require(Programs.installed("groff")),
                        ["-K", "utf8", "-man", "-T", "utf8", "-ww", "-z", "\(root.path)/usr/share/man/\(page)"])
                    #expect(run.status == 0 && run.errors.isEmpty, "\(page): \(run.errors)")
                }
            }
        }

        @Test func nothing_of_the_administrators_is_overwritten_or_removed() throws {
            try withTemporaryFolder { root in
                let own = [
                    "etc/inspectd/inspectd.yaml", "etc/inspectd/notes.txt",
                    "etc/systemd/system/inspectd.service", "etc/systemd/system/inspectd.service.d/override.conf",
                    "usr/local/lib/systemd/system/inspectd.service.d/20-site.conf",
                    "usr/local/share/doc/inspectd/docs/site.txt", "var/lib/inspectd/models/plate/active.json",
                    "var/spool/inspectd/archive/plate/2026-01-31/part.jpg",
                ]
                for path in own {
                    let file = root.appendingPathComponent(path)
                    try FileManager.default.createDirectory(
                        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try Data("mine: \(path)".utf8).write(to: file)
                }
                for target in ["install", "install", "uninstall"] {
                    try make(target, into: root, "SYSTEMD_VERSION=252")
                    for path in own { #expect(try text(path, in: root) == "mine: \(path)", "after \(target)") }
                }
                #expect(files(in: root) == Set(own))
            }
        }

        @Test func the_drop_in_for_newer_systemd_is_not_there_for_an_older_one() throws {
            try withTemporaryFolder { root in
                let dropIn = "usr/local/lib/systemd/system/inspectd.service.d/10-notify-reload.conf"
                try make("install", into: root, "SYSTEMD_VERSION=253")
                #expect(try text(dropIn, in: root).contains("Type=notify-reload"))
                try make("install", into: root, "SYSTEMD_VERSION=252")
                #expect(!files(in: root).contains(dropIn))
            }
        }

        @Test func backbones_of_a_folder_are_installed_beside_the_programs_and_go_with_them() throws {
            try withTemporaryFolder { root in
                let folder = root.appendingPathComponent("given")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try Data("weights".utf8).write(to: folder.appendingPathComponent("b0.safetensors"))
                let machine = root.appendingPathComponent("machine")
                try make("install", into: machine, "PREFIX=/usr", "BACKBONES=\(folder.path)")
                #expect(try text("usr/share/inspectd/backbones/b0.safetensors", in: machine) == "weights")
                try make("uninstall", into: machine, "PREFIX=/usr", "BACKBONES=\(folder.path)")
                #expect(!FileManager.default.fileExists(atPath: "\(machine.path)/usr/share/inspectd"))
            }
        }

        @Test(arguments: ["zsh", "fish", "bash"])
        func shells_can_read_their_completions(shell: String) throws {
            guard let path = Programs.installed(shell) else { return }
            try withTemporaryFolder { root in
                for program in programs {
                    let script = try ProgramRun(program, ["--generate-completion-script", shell])
                    let file = root.appendingPathComponent(program)
                    try Data(script.output.utf8).write(to: file)
                    let run = try ProgramRun(path: path, ["-n", file.path])
                    #expect(run.status == 0, "\(shell): \(run.errors)")
                }
            }
        }
    }

    /// systemd's own judgement of the installed units.
    @Suite(.enabled(if: Programs.installed("systemd-analyze") != nil, "there is no systemd-analyze on this machine"))
    struct Unit {
        private let analyze = Programs.installed("systemd-analyze") ?? ""
        private static let names = ["inspectd", "inspectd-gateway"]

        private func unit(_ name: String) -> URL {
            Programs.project.appendingPathComponent("systemd/\(name).service")
        }

        @Test(arguments: names) func verify_finds_nothing_to_say(name: String) throws {
            try withTemporaryFolder { root in
                // Its program must exist for the check; the one of the tests does.
                let text = try String(contentsOf: unit(name), encoding: .utf8).replacingOccurrences(
                    of: "/usr/local/bin/\(name)", with: try Programs.path(name))
                let file = root.appendingPathComponent("\(name).service")
                try Data(text.utf8).write(to: file)
                let run = try ProgramRun(path: analyze, ["verify", "--man=no", file.path])
                #expect(run.status == 0 && run.errors.isEmpty && run.output.isEmpty, "\(run.errors)\(run.output)")
            }
        }

        @Test(arguments: names) func its_exposure_is_at_most_two(name: String) throws {
            let run = try ProgramRun(
                path: analyze, ["security", "--offline=yes", "--threshold=20", "--no-pager", unit(name).path])
            #expect(run.status == 0, "\(run.output)")
        }
    }

    /// The installed documents.
    @Suite struct Messages {
        private func document(_ path: String) throws -> String {
            try String(contentsOf: Programs.project.appendingPathComponent(path), encoding: .utf8)
        }

        @Test func every_kind_of_message_is_in_the_catalog_and_in_the_operators_guide() throws {
            let catalog = try document("systemd/inspectd.catalog")
            let entries = catalog.split(separator: "\n-- ").dropFirst().map(String.init)
            #expect(Set(entries.map { String($0.prefix(32)) }) == Set(EventKind.allCases.map(\.rawValue)))
            for entry in entries {
                let parts = entry.components(separatedBy: "\n\n")
                #expect(parts[0].contains("\nSubject: ") && parts[0].contains("\nDefined-By: inspectd"), "\(entry)")
                #expect(parts.dropFirst().joined().count > 40, "\(entry) explains nothing")
            }
            let guide = try document("docs/OPERATIONS.md")
            for kind in EventKind.allCases {
                // The guide's table names an id by its last three digits.
                #expect(guide.contains("| …\(kind.rawValue.suffix(3)) |"), "the guide lacks \(kind)")
            }
        }

        @Test(.enabled(if: Programs.installed("journalctl") != nil, "there is no journalctl on this machine"))
        func journalctl_accepts_the_catalog() throws {
            try withTemporaryFolder { root in
                let folder = root.appendingPathComponent("usr/lib/systemd/catalog")
                for path in [folder, root.appendingPathComponent("var/lib/systemd/catalog")] {
                    try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
                }
                try FileManager.default.copyItem(
                    at: Programs.project.appendingPathComponent("systemd/inspectd.catalog"),
                    to: folder.appendingPathComponent("inspectd.catalog"))
                let journalctl = try #require(Programs.installed("journalctl"))
                let update = try ProgramRun(path: journalctl, ["--root=\(root.path)", "--update-catalog"])
                #expect(update.status == 0, "\(update.errors)")
                let list = try ProgramRun(path: journalctl, ["--root=\(root.path)", "--list-catalog"])
                #expect(list.lines.count == EventKind.allCases.count, "\(list.output)\(list.errors)")
            }
        }
    }
}
