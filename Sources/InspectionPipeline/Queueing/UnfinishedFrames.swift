import Foundation
import ImageFolders
import LinuxPlatform
import Spooling
import Synchronization

/// Frames that were set aside while their writers continued: they are inspected again once the writer has finished.
///
/// The frame of a writer slower than `settle:` counts as truncated. It keeps its inode in the quarantine, so the writer
/// continues there; a line that keeps its originals still has it in its folder. A changed size or time tells such a
/// frame from a damaged one.
final class UnfinishedFrames: Sendable {
    /// A frame that was set aside.
    struct Entry: Sendable {
        /// The id of its record.
        let id: String
        let line: String
        let original: RawPath
        /// Its current path.
        let frame: RawPath
        /// Size, time and inode when it was read.
        let fingerprint: String
        let quarantinedAt: Date
    }

    /// A frame is watched for this long after it was set aside.
    static let patience: TimeInterval = 86_400
    /// At most this many frames are watched: the latest.
    private static let most = 1000

    private struct State {
        var entries: [RawPath: Entry] = [:]
        /// One judge per line, because `settle:` is the line's.
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

    /// Adds the frames that earlier processes set aside.
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

    /// The record that a frame in its folder continues; nil for another frame. The frame is watched no longer.
    func superseded(by arrival: Arrival) -> String? {
        state.withLock { state in
            guard let entry = state.entries[arrival.path] else { return nil }
            state.entries[arrival.path] = nil
            return Self.inode(entry.fingerprint) == Self.inode(arrival.status.fingerprint) ? entry.id : nil
        }
    }

    /// Frames in the quarantine that have changed and are whole now, or have settled. Each is returned once.
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
                // A frame in its watched folder is found there.
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

    /// The device and inode in a `FileStatus.fingerprint`.
    private static func inode(_ fingerprint: String) -> [Substring] {
        Array(fingerprint.split(separator: ".").prefix(2))
    }
}
