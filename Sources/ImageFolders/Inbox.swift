import Foundation
import Imaging
import LinuxPlatform

/// One line's watched folder: its frames, and whether they are complete. A scan decides; notifications wake it and are
/// evidence for `Completeness`.
///
/// Not thread-safe: it keeps state between scans.
package struct Inbox: Sendable {
    private var images: ImageFolder
    private var completeness: Completeness
    private let fileSystem: FileSystem
    private var isOnNetwork = true
    private var overwriting = OverwriteCount()

    package init(
        folder: String, rule: ImageRule = ImageRule(), excluding: [String] = [], settle: Duration = .seconds(30),
        fileSystem: FileSystem = FileSystem()
    ) {
        images = ImageFolder(
            RawPath(folder), rule: rule, excluding: excluding.map { RawPath($0) }, fileSystem: fileSystem)
        completeness = Completeness(settle: settle)
        self.fileSystem = fileSystem
    }

    package var folder: RawPath { images.root }

    /// The images in the folder and below, oldest first, as `ImageRule` has it.
    /// - Throws: `SystemError` when the watched folder itself cannot be read.
    package mutating func scan() throws -> ImageFolder.Scan {
        var scan = try images.scan()
        scan.images.sort { ($0.status.modified, $0.path) < ($1.status.modified, $1.path) }
        completeness.keepOnly(scan.images.lazy.map(\.path))
        overwriting.keepOnly(scan.images)
        isOnNetwork = fileSystem.isOnNetwork(images.root)
        return scan
    }

    /// Takes the kernel's events of the folder since the last scan; events of other folders are skipped.
    package mutating func note(_ batch: Inotify.Batch) {
        if batch.isIncomplete {
            completeness.forgetWriters()
            overwriting.forget()
        }
        for event in batch.events where !event.isFolder && event.path.isInside(images.root) {
            switch event.kind {
            case .written: completeness.note(event.path, .open)
            case .closed, .movedIn: completeness.note(event.path, .closed)
            case .gone: completeness.noteGone(event.path)
            }
            overwriting.note(event)
        }
        overwriting.decide()
    }

    /// Whether a file may be taken.
    package mutating func judge(_ arrival: Arrival, now: ContinuousClock.Instant = .now) -> Completeness.Judgement {
        do {
            let judgement = try completeness.judge(
                arrival.path, arrival.status, age: age(of: arrival.status), now: now,
                Completeness.Probe(of: arrival, fileSystem))
            // Without notifications it is unknown whether the earlier frame was taken or overwritten.
            if case .whole = judgement, !isOnNetwork { overwriting.isWhole(arrival) }
            return judgement
        } catch let error as SystemError where error.isMissing {
            return .rests(until: now)
        } catch {
            // The inspection will report the problem.
            return .whole
        }
    }

    /// Notes a frame that cannot be taken yet, because another of the same name is in progress.
    package mutating func noteWaiting(_ arrival: Arrival) {
        if !isOnNetwork { overwriting.waits(arrival) }
    }

    /// The time since a file's last change, by the clock of its own file system.
    private func age(of status: FileStatus) -> Duration {
        guard !isOnNetwork else { return .zero }
        let age = Date().timeIntervalSince1970 - Double(max(status.modified, status.changed)) / 1e9
        return .seconds(max(0, age))
    }

    /// The least number of complete frames overwritten before they could be taken, since the last call.
    package mutating func takeOverwritten() -> Int { overwriting.take() }
}

/// Counts the whole frames that a camera overwrote under the same name before they were taken.
///
/// A frame counts when it had been judged whole, or was renamed into place, and another came under its name while no
/// notification reported that it had left. A frame that was taken just before a scan has its notification in the next
/// batch, so a doubt is decided then.
private struct OverwriteCount: Sendable {
    private var whole: [RawPath: FileStatus] = [:]
    private var renamedIn: Set<RawPath> = []
    private var doubts: [RawPath] = []
    private var count = 0

    /// Notes that a frame was judged whole.
    mutating func isWhole(_ arrival: Arrival) {
        waits(arrival)
        whole[arrival.path] = arrival.status
    }

    /// Notes the file under a name; if it differs from the whole frame that had the name, that frame was overwritten.
    mutating func waits(_ arrival: Arrival) {
        guard let earlier = whole[arrival.path], earlier.fingerprint != arrival.status.fingerprint else { return }
        whole[arrival.path] = nil
        doubts.append(arrival.path)
    }

    mutating func note(_ event: Inotify.Event) {
        switch event.kind {
        case .gone:
            whole[event.path] = nil
            renamedIn.remove(event.path)
            doubts.removeAll { $0 == event.path }
        case .movedIn:
            if whole.removeValue(forKey: event.path) != nil || renamedIn.contains(event.path) { count += 1 }
            renamedIn.insert(event.path)
        case .written, .closed: break
        }
    }

    /// Decides doubtful cases, once all notifications up to the last scan have been taken.
    mutating func decide() {
        count += doubts.count
        doubts = []
    }

    /// Forgets names that no file has.
    mutating func keepOnly(_ present: [Arrival]) {
        guard whole.count + renamedIn.count > 2 * present.count + 1024 else { return }
        let names = Set(present.map(\.path))
        whole = whole.filter { names.contains($0.key) }
        renamedIn.formIntersection(names)
    }

    mutating func forget() { (whole, renamedIn, doubts) = ([:], [], []) }

    mutating func take() -> Int {
        defer { count = 0 }
        return count
    }
}
