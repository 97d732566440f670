import ArgumentParser
import Foundation

/// For `make install`: hidden from operators.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Turns `PROGRAM --experimental-dump-help` on standard input into a manual page.",
        discussion: "  inspectctl --experimental-dump-help | inspectctl manual | man -l -", shouldDisplay: false)

    func run() throws {
        let page = try ManualPage(dump: FileHandle.standardInput.readDataToEndOfFile())
        FileHandle.standardOutput.write(Data(page.text.utf8))
    }
}
