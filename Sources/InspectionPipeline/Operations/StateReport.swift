import Foundation
import Glibc
import InspectionDomain
import LinuxPlatform

/// The state of a running program in one file of its state folder, for `inspectctl status` and monitoring. It is replaced
/// whole.
package protocol StateReport: Codable, Sendable {
    static var currentSchema: Int { get }
    static var fileName: String { get }
    /// The file's permissions, as far as the process's mask leaves them.
    static var mode: mode_t { get }
    var schema: Int { get }
}

extension StateReport {
    private static func path(state: String) -> RawPath { RawPath(state) / fileName }

    /// Nil when none was written, or one of a newer format.
    /// - Throws: `SystemError` when the file cannot be read.
    package static func read(state: String) throws -> Self? {
        do {
            let data = try FileSystem().read(path(state: state), limit: 1 << 24)
            let report = try? DomainJSON.decoder().decode(Self.self, from: data)
            return report.flatMap { $0.schema == currentSchema ? $0 : nil }
        } catch let error as SystemError where error.isMissing {
            return nil
        }
    }

    /// Not durable: after a power cut an older report, or none, is as good.
    /// - Throws: `SystemError`.
    package func write(state: String, _ fileSystem: FileSystem = FileSystem()) throws {
        let temporary = RawPath(state) / ".\(Self.fileName).tmp"
        try fileSystem.create(temporary, try DomainJSON.encoder().encode(self), mode: Self.mode, isDurable: false)
        try fileSystem.rename(temporary, to: Self.path(state: state))
    }
}
