import Foundation
import InspectionDomain
import LinuxPlatform

/// A note per process, named by its run: `crashes/<run>`. It counts once, even if counting is interrupted: the frame's
/// log names the run before the note is removed.
extension Spool {
    /// Names a run of the daemon.
    package static func freshRun(_ now: Date = Date()) -> String { freshID(now) }

    /// The file in which a run of the daemon notes the signal that kills it.
    package func crashNote(of run: String) -> RawPath { crashNotes / run }

    /// Counts the notes of dead processes against the frames they were working on, and removes the notes.
    ///
    /// - Parameter run: the living process's own.
    /// - Returns: the entries of the notes.
    /// - Throws: `SystemError`; the next call counts the rest.
    package func settleCrashNotes(except run: String?) throws -> [CrashNote.Entry] {
        var found: [CrashNote.Entry] = []
        for note in try fileSystem.list(crashNotes).map(\.name).sorted() where run.map(RawPath.init(_:)) != note {
            let path = crashNotes.appending(note)
            let entries = CrashNote.entries(in: try fileSystem.read(path, limit: 1 << 16))
            for entry in entries {
                guard let frame = entry.frame, let sheet = try sheet(holding: frame) else { continue }
                try WorkLog.note(
                    .crashed(run: note.description, signal: entry.signal), frame, in: sheet, fileSystem)
            }
            try fileSystem.remove(path)
            found += entries
        }
        return found
    }

    /// Removes the note of a process that ended regularly.
    /// - Throws: `SystemError`.
    package func removeCrashNote(of run: String) throws { try fileSystem.remove(crashNote(of: run)) }

    /// The folder of the claim, if the frame is still in progress.
    private func sheet(holding id: String) throws -> RawPath? {
        for entry in try fileSystem.list(active) where entry.kind == .folder {
            let folder = active.appending(entry.name)
            let records = try ClaimSheet.records(in: folder, fileSystem) ?? []
            if try records.contains(where: { $0.id == id }) || fileSystem.exists(folder / id) { return folder }
        }
        return nil
    }
}
