import Foundation
import Imaging
import LinuxPlatform

/// Distinguishes a file that a camera has finished from one that is still being written, by evidence.
///
/// | writer | what the file holds | judgement |
/// |---|---|---|
/// | has closed or renamed it | its own end, or no format that could be walked | whole, at once |
/// | has closed or renamed it | no end yet, zeros or empty | rests; taken after `settle` without a change |
/// | has it open | anything | rests; taken after `settle` without a change, and not copied to another disk |
/// | not known | its own end | whole after `quiet` without a change |
/// | not known | anything else | rests; taken after `settle` without a change |
///
/// The writer is known from notifications (created and modified: open; closed after writing, moved into the folder:
/// closed) and from the kernel where it tells (`FileSystem.isOpenForWriting`), which outweighs them. A change is one of
/// size, time of modification, time of status change or inode. A change that no notification announced (a network file
/// system sends none) makes the writer unknown again. Blocks of zeros inside a file that has its end (allocated first,
/// filled later) count as no end, unless the writer has closed it: flawless dark images can hold such blocks.
///
/// Whatever the evidence, a file is judged at most `settle` after its last change.
package struct Completeness: Sendable {
    /// The state of the program that writes a file.
    package enum Writer: Sendable, Equatable {
        case open, closed, unknown
    }

    package enum Judgement: Sendable, Equatable {
        /// The writer has finished.
        case whole
        /// Unchanged for `settle`, so that it is taken as it is.
        /// - Parameter isOpen: its writer still has it open: it may be moved, but must not be copied.
        case settled(isOpen: Bool)
        /// To be judged again at this time, or when it changes.
        case rests(until: ContinuousClock.Instant)

        package var isTaken: Bool { if case .rests = self { false } else { true } }
    }

    /// Access to the evidence of a file.
    package struct Probe {
        /// Walks the file's structure.
        var structure: () throws -> FileStructure
        /// Whether a program has it open for writing; nil where the kernel does not tell.
        var isOpen: () -> Bool?

        package init(structure: @escaping () throws -> FileStructure, isOpen: @escaping () -> Bool?) {
            (self.structure, self.isOpen) = (structure, isOpen)
        }

        /// Examines the file itself.
        package init(of arrival: Arrival, _ fileSystem: FileSystem) {
            let follows = arrival.link != nil
            self.init(
                structure: {
                    try fileSystem.withReader(arrival.path, followsLinks: follows) {
                        try FileStructure.walk(size: arrival.status.size, read: $0)
                    }
                }, isOpen: { fileSystem.isOpenForWriting(arrival.path, followsLinks: follows) })
        }
    }

    private struct Seen {
        var status: FileStatus
        /// The time when the file was first seen with this status.
        var since: ContinuousClock.Instant
        var structure: FileStructure?
        /// The number of the last notification when this status was seen.
        var notification = 0
    }

    private struct Notified {
        var writer: Writer
        var number: Int
    }

    /// The rest of a file without its end.
    private let settle: Duration
    /// The rest of a file with its end when its writer is unknown.
    private let quiet: Duration
    private var seen: [RawPath: Seen] = [:]
    private var notified: [RawPath: Notified] = [:]
    private var notifications = 0

    package static let quiet = Duration.seconds(1)

    package init(settle: Duration, quiet: Duration = Completeness.quiet) {
        (self.settle, self.quiet) = (settle, min(quiet, settle))
    }

    /// Takes a notification of the kernel.
    package mutating func note(_ path: RawPath, _ writer: Writer) {
        notifications += 1
        notified[path] = Notified(writer: writer, number: notifications)
    }

    /// Notes that no file has this name any more.
    package mutating func noteGone(_ path: RawPath) {
        notified[path] = nil
        seen[path] = nil
    }

    /// Forgets all writers after lost notifications.
    package mutating func forgetWriters() { notified = [:] }

    /// Forgets files that are no longer there.
    package mutating func keepOnly(_ present: some Sequence<RawPath>) {
        guard !seen.isEmpty || !notified.isEmpty else { return }
        let present = Set(present)
        seen = seen.filter { present.contains($0.key) }
        // A file may have been announced after the folder was listed; that of a closed one is short-lived then.
        if notified.count > 2 * present.count + 1024 { notified = notified.filter { present.contains($0.key) } }
    }

    /// - Parameters:
    ///   - status: the file's status, just read.
    ///   - age: the time for which the file has certainly not changed, by evidence from outside; zero without evidence.
    /// - Throws: the errors of reading the file.
    package mutating func judge(
        _ path: RawPath, _ status: FileStatus, age: Duration = .zero, now: ContinuousClock.Instant = .now,
        _ probe: Probe
    ) throws -> Judgement {
        var file = seen[path] ?? Seen(status: status, since: now)
        let isNew = seen[path] == nil
        if !isNew, file.status != status {
            // An unannounced change: the last notification concerns an earlier state.
            if let last = notified[path], last.number <= file.notification { notified[path] = nil }
            file = Seen(status: status, since: now)
        }
        file.notification = notified[path]?.number ?? 0
        defer { seen[path] = file }
        var rested = now - file.since
        var writer = notified[path]?.writer ?? .unknown
        if let isOpen = probe.isOpen() { writer = isOpen ? .open : .closed }
        if writer == .open {
            return rested >= settle ? .settled(isOpen: true) : .rests(until: file.since + settle)
        }
        let structure = try file.structure ?? probe.structure()
        file.structure = structure
        let wait: Duration
        switch (writer, structure) {
        case (.closed, .whole), (.closed, .doubtful), (.closed, .unknown): return .whole
        case (_, .whole):
            wait = quiet
            rested = max(rested, age)
        default: wait = settle
        }
        guard rested >= wait else { return .rests(until: file.since + wait) }
        if case .whole = structure { return .whole }
        return .settled(isOpen: false)
    }
}
