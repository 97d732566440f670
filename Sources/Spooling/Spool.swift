import Foundation
import InspectionDomain
import LinuxPlatform

/// The directory states of a frame. State = directory; whoever can list folders can see where every frame is.
///
/// On disk:
/// ```
/// lock                                         held by the one daemon that works here
/// active/<sheet>/claims.json, <id>…            frames that were claimed together (kept originals are in the record only)
/// active/<sheet>/.begun                        when work on them began and rested, and which processes they crashed (`WorkLog`)
/// crashes/<run>                                what a running process notes should a fatal signal end it (`CrashNote`)
/// results/<line>/<YYYY-MM-DD>/<stem>-<id>/     result.json and pictures; complete when it appears
/// alerts/new/<id>.json, alerts/cur/            one per alert; complete when it appears
/// archive/<line>/<YYYY-MM-DD>/<stem>-<id>.ext  originals, byte for byte
/// quarantine/<line>/<stem>-<id>/               the frame under its own name, and reason.json
/// tmp/                                         results under construction
/// ```
/// Invariants:
/// 1. A claim's record is durable before its frame leaves the watched folder, so no frame is ever without a name.
/// 2. That work on a frame begins is noted first: a frame that kills the process cannot do so for ever. It is blamed only for what
///    the dying process noted, once per process.
/// 3. Results are written in `tmp`, synced, renamed into place; then the ledger commits; only then does the frame move on.
///    Doing any step again gives the same names and the same content.
///
/// Recovery (`recover`): `tmp` is emptied; a claim whose frame never arrived (it is in its folder still), or has left, is dropped;
/// every other claim is handed to the caller, who asks the ledger whether to finish its move or inspect it again.
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

    /// Keeps every other daemon out while the value lives.
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

    /// Why no frame can be taken now; nil when one can. Looks only.
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

    /// Does what a claim and a result do, with a small file, and removes it: whether the spool can be worked in.
    /// - Throws: `SystemError`.
    package func probe() throws {
        let path = temporary / ".probe"
        try fileSystem.create(path, Data(count: 1 << 16))
        try fileSystem.remove(path)
        // What a dead process leaves of it is cleared by `recover`, as a claim that never came to be.
        let folder = active / ".probe"
        try fileSystem.makeFolder(folder, isDurable: false)
        try fileSystem.syncFolder(active)
        try fileSystem.removeFolder(folder)
    }

    /// `<stem>-<id>`, with `.<ending>` behind it where `keepsEnding`: at most 255 bytes, safe to print and to use in a shell.
    static func name(for original: RawPath, id: String, keepsEnding: Bool = false) -> String {
        let (stem, ending) = original.stemAndExtension
        let tail = "-\(id)" + (keepsEnding && !ending.isEmpty ? "." + printable(ending, room: 32) : "")
        return printable(stem, room: 255 - tail.utf8.count) + tail
    }

    /// What is no UTF-8, a control character or a slash becomes `_`; what does not fit is cut off.
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
