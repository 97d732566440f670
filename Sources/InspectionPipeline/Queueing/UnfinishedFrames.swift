import Foundation
import ImageFolders
import LinuxPlatform
import Spooling
import Synchronization

/// Frames that were set aside and whose files are written on: they are inspected again once their writer has finished.
///
/// A writer that was slow beyond `settle:` has its frame taken for truncated. The frame keeps its inode in the quarantine, so the
/// writer goes on there; a line that keeps its originals has it in its folder still. Such a frame is told from one that is
/// really damaged by its size or time having changed since it was read.
final class UnfinishedFrames: Sendable {
    /// A frame that was set aside.
    struct Entry: Sendable {
        /// Of its record.
        let id: String
        let line: String
        let original: RawPath
        /// Where it lies now.
        let frame: RawPath
        /// Size, time and inode when it was read.
        let fingerprint: String
        let quarantinedAt: Date
    }

    /// As long is a frame looked at after it was set aside.
    static let patience: TimeInterval = 86_400
    /// As many are looked at: the latest.
    private static let most = 1000

    private struct State {
        var entries: [RawPath: Entry] = [:]
        /// For each line, because `settle:` is the line's.
        var judges: [String: Completeness] = [:]
    }

    private let state = Mutex(State())
    private let fileSystem: FileSystem

    init(fileSystem: FileSystem) { self.fileSystem = fileSystem }

    /// A frame was set aside.
    func note(_ entry: Entry) {
        state.withLock { state in
            state.entries[entry.frame] = entry
            guard state.entries.count > Self.most else { return }
            let latest = state.entries.values.sorted { $0.quarantinedAt > $1.quarantinedAt }.prefix(Self.most)
            state.entries = Dictionary(uniqueKeysWithValues: latest.map { ($0.frame, $0) })
        }
    }

    /// Takes up what earlier processes set aside.
    /// - Throws: `SystemError`.
    func takeUp(_ spool: Spool, now: Date = Date()) throws {
        for (reason, folder) in try spool.quarantined() {
            guard now.timeIntervalSince(reason.quarantinedAt) < Self.patience, let fingerprint = reason.fingerprint,
                let original = RawPath(hex: reason.originalHex)
            else { continue }
            let frame = try spool.frame(in: folder) ?? original
            note(
                Entry(
                    id: reason.resultID, line: reason.line, original: original, frame: frame, fingerprint: fingerprint,
                    quarantinedAt: reason.quarantinedAt))
        }
    }

    /// The record that a frame in its folder continues; nil for another frame. The frame is not looked at any more.
    func superseded(by arrival: Arrival) -> String? {
        state.withLock { state in
            guard let entry = state.entries[arrival.path] else { return nil }
            state.entries[arrival.path] = nil
            return Self.inode(entry.fingerprint) == Self.inode(arrival.status.fingerprint) ? entry.id : nil
        }
    }

    /// Frames in the quarantine that were written on and are whole now, or have settled. Each is handed out once.
    /// - Parameter settle: of a line; nil for one that is no longer configured.
    func due(
        settle: (_ line: String) -> Duration?, now: ContinuousClock.Instant = .now, date: Date = Date()
    ) -> [(entry: Entry, arrival: Arrival)] {
        state.withLock { state in
            var due: [(entry: Entry, arrival: Arrival)] = []
            for (path, entry) in state.entries {
                guard let settle = settle(entry.line), date.timeIntervalSince(entry.quarantinedAt) < Self.patience,
                    let status = try? fileSystem.status(path), status.kind == .file
                else {
                    state.entries[path] = nil
                    continue
                }
                // One that lies in its folder is found there.
                guard path != entry.original, status.fingerprint != entry.fingerprint else { continue }
                var judge = state.judges[entry.line] ?? Completeness(settle: settle)
                let arrival = Arrival(path: path, status: status)
                let judgement = try? judge.judge(path, status, now: now, Completeness.Probe(of: arrival, fileSystem))
                state.judges[entry.line] = judge
                guard judgement?.isTaken == true else { continue }
                state.entries[path] = nil
                due.append((entry, arrival))
            }
            if state.entries.isEmpty { state.judges = [:] }
            return due
        }
    }

    /// Device and inode of `FileStatus.fingerprint`.
    private static func inode(_ fingerprint: String) -> [Substring] {
        Array(fingerprint.split(separator: ".").prefix(2))
    }
}
