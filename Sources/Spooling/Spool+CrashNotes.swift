import Foundation
import InspectionDomain
import LinuxPlatform

/// A note per process, named by its run: `crashes/<run>`. It counts once, whatever happens while it is resumed: the frame's log
/// names the run, and only then the note goes.
extension Spool {
    /// Names a run of the daemon.
    package static func freshRun(_ now: Date = Date()) -> String { freshID(now) }

    /// Where a run of the daemon notes the signal that ends it.
    package func crashNote(of run: String) -> RawPath { crashNotes / run }

    /// Counts what processes noted while they died against the frames they were working on, and removes the notes.
    ///
    /// - Parameter run: the living process's own.
    /// - Returns: what the notes said.
    /// - Throws: `SystemError`; what was not counted is resumed by the next call.
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

    /// The process ended by itself: it has nothing to note.
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
