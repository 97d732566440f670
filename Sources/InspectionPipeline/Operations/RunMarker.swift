import Foundation
import InspectionDomain
import LinuxPlatform

/// `run.json`: the start of the daemon's run, and whether the last run ended regularly.
struct RunMarker: Sendable {
    struct Content: Codable {
        var schema = 1
        var pid: Int32
        var startedAt: Date
        var endedAt: Date?

        enum CodingKeys: String, CodingKey {
            case schema, pid
            case startedAt = "started_at"
            case endedAt = "ended_at"
        }
    }

    let path: String
    var fileSystem = FileSystem()

    /// Nil when it is missing or damaged.
    var content: Content? { try? read() }

    /// Nil when it is missing.
    /// - Throws: `SystemError`, `DecodingError`.
    func read() throws -> Content? {
        do {
            let data = try fileSystem.read(RawPath(path), limit: 1 << 16)
            return try DomainJSON.decoder().decode(Content.self, from: data)
        } catch let error as SystemError where error.isMissing {
            return nil
        }
    }

    func begin() throws {
        try write(Content(pid: ProcessInfo.processInfo.processIdentifier, startedAt: Date()))
    }

    func end() throws {
        var content = content ?? Content(pid: ProcessInfo.processInfo.processIdentifier, startedAt: Date())
        content.endedAt = Date()
        try write(content)
    }

    private func write(_ content: Content) throws {
        try DurableFile.write(try DomainJSON.encoder().encode(content), to: path, fileSystem: fileSystem)
    }
}
