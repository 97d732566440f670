import Foundation
import InspectionPipeline
import LinuxPlatform
import Logging

/// The log and the secrets that a sink receives beside its settings.
package struct SinkSurroundings: Sendable {
    package let logger: Logger
    package let credentials: Credentials

    package init(logger: Logger, credentials: Credentials = .ofThisService) {
        (self.logger, self.credentials) = (logger, credentials)
    }
}

/// The secrets that systemd hands to the service.
package struct Credentials: Sendable {
    /// The folder of the secrets' files; nil when there is none.
    let folder: String?

    package init(folder: String?) { self.folder = folder }

    /// Those of `LoadCredential=` and `SetCredential=`.
    package static var ofThisService: Credentials {
        Credentials(folder: ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"])
    }

    /// The secret without a line break at its end.
    /// - Throws: `ProgramError`, which names the secret and never holds it.
    package func secret(_ credential: CredentialName) throws -> Secret {
        let remedy =
            "add LoadCredential=\(credential.name):/path/of/the/secret to the unit (systemctl edit inspectd-gateway)"
        guard let folder else {
            throw ProgramError(.configuration, "there is no credential '\(credential.name)': \(remedy)")
        }
        let data: Data
        do {
            data = try FileSystem().read(RawPath(folder) / credential.name, limit: 1 << 20)
        } catch {
            throw ProgramError(
                .configuration, "the credential '\(credential.name)' cannot be read: \(error); \(remedy)")
        }
        var bytes = data[...]
        while let last = bytes.last, last == 0x0a || last == 0x0d { bytes.removeLast() }
        guard !bytes.isEmpty else { throw ProgramError(.configuration, "the credential '\(credential.name)' is empty") }
        return Secret(Data(bytes))
    }
}

/// A secret that no message shows by accident.
package struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
    package let bytes: Data

    package init(_ bytes: Data) { self.bytes = bytes }

    package var description: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
