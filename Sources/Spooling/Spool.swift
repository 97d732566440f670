import Foundation
import InspectionDomain
import LinuxPlatform

/// The directory states of a frame. State = directory: a listing of the folders shows where every frame is.
///
/// On disk:
/// ```
/// lock                                         held by the one daemon that works here
/// active/<sheet>/claims.json, <id>…            frames claimed together (kept originals: in the record only)
/// active/<sheet>/.begun                        their starts, pauses and crashed processes (`WorkLog`)
/// crashes/<run>                                a process's note on the fatal signal that killed it (`CrashNote`)
/// results/<line>/<YYYY-MM-DD>/<stem>-<id>/     result.json, overlay and map; complete when it appears
/// alerts/new/<id>.json, alerts/cur/            one per alert; complete when it appears
/// archive/<line>/<YYYY-MM-DD>/<stem>-<id>.ext  originals, byte for byte
/// quarantine/<line>/<stem>-<id>/               the frame under its own name, and reason.json
/// tmp/                                         results under construction
/// ```
/// Invariants:
/// 1. A claim's record is durable before its frame leaves the watched folder, so no frame is ever without a name.
/// 2. The start of work on a frame is noted first: a frame that crashes the process cannot do so forever. It is blamed
///    only for what the dying process noted, once per process.
/// 3. Results are written in `tmp`, synced, renamed into place; then the ledger commits; only then does the frame move
///    on. Repeating any step gives the same names and the same content.
///
/// Recovery (`recover`): `tmp` is emptied; a claim whose frame never arrived (it is in its folder still), or has left,
/// is dropped; every other claim is handed to the caller, who asks the ledger whether to finish its move or inspect it
/// again.
package struct Spool: Sendable {
    package let root: RawPath
    let fileSystem: FileSystem

    package init(root: String, fileSystem: FileSystem = FileSystem()) {
        self.root = RawPath(root)
        self.fileSystem = fileSystem
    }

    var active: RawPath { root / "active" }
    var temporary: RawPath { root / "tmp" }
    var crashNotes: RawPath { root / "crashes" }
    package var alertsNew: RawPath { root / "alerts" / "new" }
    package var alertsCurrent: RawPath { root / "alerts" / "cur" }
    package var results: RawPath { root / "results" }
    package var archive: RawPath { root / "archive" }
    package var quarantine: RawPath { root / "quarantine" }

    /// Makes the folders that are missing.
    /// - Throws: `SystemError`.
    package func prepare() throws {
        for folder in [active, temporary, crashNotes, alertsNew, alertsCurrent, results, archive, quarantine] {
            try fileSystem.makeFolder(folder)
        }
    }

    /// Excludes every other daemon while the value lives.
    /// - Throws: `FileLock.Held`, `SystemError`.
    package func lock() throws -> FileLock { try FileLock(path: root / "lock", waits: false) }

    /// Whether a file can be moved into the spool without being copied.
    package func isOnFileSystem(of file: FileStatus) -> Bool {
        (try? fileSystem.status(active).device) == file.device
    }

    /// Bytes free for results.
    package func freeSpace() throws -> Int { try fileSystem.freeSpace(root) }

    /// Bytes that must be free before a frame is taken: room to finish those in progress.
    package static let reserve = 32 << 20

    /// The reason why no frame can be taken now; nil when one can. Changes nothing.
    package func obstacle() -> String? {
        do {
            let free = try freeSpace()
            guard free < Self.reserve else { return nil }
            return "\(free >> 20) MiB free in \(root), \(Self.reserve >> 20) MiB are needed to take a frame; "
                + "free some space"
        } catch {
            return "\(error)"
        }
    }

    /// Repeats the steps of a claim and a result with a small file, and removes it: whether the spool is usable.
    /// - Throws: `SystemError`.
    package func probe() throws {
        let path = temporary / ".probe"
        try fileSystem.create(path, Data(count: 1 << 16))
        try fileSystem.remove(path)
        // `recover` removes the remains of a dead process's probe, like an incomplete claim.
        let folder = active / ".probe"
        try fileSystem.makeFolder(folder, isDurable: false)
        try fileSystem.syncFolder(active)
        try fileSystem.removeFolder(folder)
    }

    /// `<stem>-<id>`, with `.<ending>` behind it where `keepsEnding`: at most 255 bytes, safe to print and to use in a
    /// shell.
    static func name(for original: RawPath, id: String, keepsEnding: Bool = false) -> String {
        let (stem, ending) = original.stemAndExtension
        let tail = "-\(id)" + (keepsEnding && !ending.isEmpty ? "." + printable(ending, room: 32) : "")
        return printable(stem, room: 255 - tail.utf8.count) + tail
    }

    /// Replaces invalid UTF-8, control characters and slashes by `_`, and truncates to `room`.
    private static func printable(_ bytes: [UInt8], room: Int) -> String {
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            let isUnsafe = !PrintableText.isShown(scalar) || scalar == "/" || scalar == "\u{fffd}"
            let next = isUnsafe ? "_" : String(scalar)
            if text.utf8.count + next.utf8.count > room { break }
            text += next
        }
        return text
    }

    /// `2026-01-31`, UTC.
    static func day(_ date: Date) -> String { String(DomainJSON.string(from: date).prefix(10)) }
}
