import Foundation
import InspectionDomain
import InspectionPipeline

/// Results go to stdout: text for people, or JSON for programs.
enum Output {
    static func print(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func printJSON(_ value: some Encodable, pretty: Bool = true) throws {
        var data = try DomainJSON.encoder(pretty: pretty).encode(value)
        data.append(0x0a)
        FileHandle.standardOutput.write(data)
    }

    /// Writes a file that was asked for, making its folder.
    static func write(_ data: Data, to path: String) throws {
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: url, options: .atomic)
        } catch {
            throw ProgramError(.io, "cannot write \(path): \((error as NSError).localizedDescription)")
        }
    }

    static func write(_ value: some Encodable, to path: String) throws {
        try write(try DomainJSON.encoder().encode(value) + Data([0x0a]), to: path)
    }

    static func score(_ value: Double?) -> String { value?.scoreText ?? "–" }

    static func percent(_ value: Double) -> String {
        String(format: "%.2f %%", value * 100)
    }

    /// `2026-01-31 08:15:30`, UTC.
    static func time(_ date: Date) -> String {
        DomainJSON.string(from: date).prefix(19).replacingOccurrences(of: "T", with: " ")
    }
}
