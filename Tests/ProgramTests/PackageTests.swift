import Foundation
import InspectionPipeline
import TestSupport
import Testing

extension ProgramTests {
    /// The sources of a release and of the Debian package. `make deb-test` tests the package itself.
    @Suite struct DebianPackage {
        private static let scripts = ["postinst", "prerm", "postrm"]

        private func text(_ path: String) throws -> String {
            try String(contentsOf: Programs.project.appendingPathComponent(path), encoding: .utf8)
        }

        /// CHANGELOG.md as a Debian changelog, for programs of this version.
        private func changelog(_ version: String) throws -> ProgramRun {
            try ProgramRun(
                path: Programs.project.appendingPathComponent("packaging/debian/changelog").path,
                [version, "Name <name@place.invalid>", Programs.project.appendingPathComponent("CHANGELOG.md").path])
        }

        @Test func changelog_and_release_notes_are_those_of_the_programs_version() throws {
            let entries = try text("CHANGELOG.md").split(separator: "\n").filter { $0.hasPrefix("## ") }
            let newest = try #require(entries.first)
            #expect(newest.hasPrefix("## [\(programVersion)] - "), "\(newest)")
            #expect(try text("docs/releases/\(programVersion).md").hasPrefix("# inspectd \(programVersion)\n"))
        }

        @Test(.enabled(if: Programs.installed("dpkg-parsechangelog") != nil, "there is no dpkg-parsechangelog"))
        func dpkg_reads_the_changelog_and_a_version_without_an_entry_is_refused() throws {
            try withTemporaryFolder { folder in
                let run = try changelog(programVersion)
                #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
                let file = folder.appendingPathComponent("changelog")
                try Data(run.output.utf8).write(to: file)
                let parser = try #require(Programs.installed("dpkg-parsechangelog"))
                let parsed = try ProgramRun(path: parser, ["-l", file.path, "--all", "-S", "Version"])
                #expect(parsed.status == 0 && parsed.errors.isEmpty, "\(parsed.errors)")
                let entries = try text("CHANGELOG.md").split(separator: "\n").filter { $0.hasPrefix("## ") }
                #expect(
                    run.output.components(separatedBy: "\n -- Name <name@place.invalid>  ").count == entries.count + 1)
                #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })

                let refused = try changelog("99.0.0")
                #expect(refused.status == 1 && refused.output.isEmpty)
                #expect(refused.errors.contains("begins with \(programVersion), but the version is 99.0.0"))
            }
        }

        @Test func every_package_that_is_linked_is_attributed() throws {
            let (notice, copyright) = (try text("NOTICE"), try text("packaging/debian/copyright"))
            let packages = try text("Package.swift").split(separator: "\n").filter { $0.contains(".package(url: ") }
            #expect(packages.count >= 6)
            for line in packages {
                let address = line.split(separator: "\"")[1]
                let name = String(address.split(separator: "/").last ?? "")
                #expect(notice.contains(address), "NOTICE lacks \(address)")
                #expect(copyright.contains("\(name)/*"), "the package's copyright file lacks \(name)")
            }
        }

        @Test(arguments: scripts) func a_maintainer_script_refuses_what_dpkg_never_asks(script: String) throws {
            let path = Programs.project.appendingPathComponent("packaging/debian/\(script)").path
            let run = try ProgramRun(path: path, ["surprise"])
            #expect(run.status == 1 && run.errors == "\(script) called with unknown argument: surprise\n")
        }
    }
}
