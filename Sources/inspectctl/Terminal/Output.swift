import Foundation
import InspectionDomain
import InspectionPipeline

/// Results go to stdout: text for operators, or JSON for programs.
enum Output {
    /// Text with terminal control sequences escaped.
    static func print(_ text: String) {
        FileHandle.standardOutput.write(Data((PrintableText.escaped(text, keepsLines: true) + "\n").utf8))
    }

    static func printJSON(_ value: some Encodable, pretty: Bool = true) throws {
        var data = try DomainJSON.encoder(pretty: pretty).encode(value)
        data.append(0x0a)
        FileHandle.standardOutput.write(data)
    }

    /// Writes a requested file and creates its folder.
    static func write(_ data: Data, to path: String) throws {
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: url, options: .atomic)
        } catch {
            let status = ExitStatus(for: error) == .permission ? ExitStatus.permission : .io
            throw ProgramError(
                status, "cannot write \(path.printable): \((error as NSError).localizedDescription)")
        }
    }

    static func write(_ value: some Encodable, to path: String) throws {
        try write(try DomainJSON.encoder().encode(value) + Data([0x0a]), to: path)
    }

    static func score(_ value: Double?) -> String { value?.scoreText ?? "–" }

    static func percent(_ value: Double) -> String {
        String(format: "%.2f %%", value * 100)
    }

    /// `2026-01-31 09:15:30 +0100`: the machine's local time, for readers; files and JSON use UTC.
    static func time(_ date: Date) -> String { LocalTime.text(date) }
}
