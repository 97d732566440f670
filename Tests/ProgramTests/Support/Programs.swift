import Foundation
import TestSupport

/// The built programs; they lie beside the test bundle.
enum Programs {
    struct Missing: Error, CustomStringConvertible {
        let name: String
        let searched: [String]
        var description: String {
            "there is no program \(name) in \(searched.joined(separator: ", ")); build all: swift build --build-tests"
        }
    }

    /// - Throws: `Missing`.
    static func path(_ name: String) throws -> String {
        // The bundle is this process, or was named to the helper that this process is.
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folders = ([own].compactMap { $0 } + CommandLine.arguments).filter { $0.contains("/") }
            .map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
        for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
            return "\(folder)/\(name)"
        }
        throw Missing(name: name, searched: folders)
    }
}

extension Programs {
    /// The project's own folder.
    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// A program of the machine; nil where it is not installed.
    static func installed(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") + ["/usr/bin", "/bin"]
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// Looks again and again until the condition holds.
/// - Throws: `TimedOut`, and what the condition throws.
func wait(for what: String, upTo seconds: Double = 30, until condition: () throws -> Bool) throws {
    let (start, seconds) = (ContinuousClock.now, seconds * patience)
    while try !condition() {
        guard ContinuousClock.now - start < .seconds(seconds) else { throw TimedOut(what: what, seconds: seconds) }
        usleep(5_000)
    }
}
