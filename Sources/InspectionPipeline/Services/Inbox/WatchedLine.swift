import Foundation
import ImageFolders
import LinuxPlatform
import Logging
import Spooling

/// A line's folder as the inbox knows it: the files that wait, are being written, or are finished.
struct WatchedLine {
    private(set) var line: Configuration.Line
    private var inbox: Inbox
    /// Files of a line that keeps its originals, by path, that the ledger holds.
    private var recorded: [RawPath: String] = [:]
    private var isUnavailable = false
    /// Folders of the latest scan: a file that arrives in a new one before it is watched is found by another scan only.
    private var folders: Set<RawPath> = []
    private var overwritten = 0

    init(_ line: Configuration.Line, excluding folders: [String], fileSystem: FileSystem) {
        self.line = line
        inbox = Inbox(
            folder: line.watch, rule: line.images, excluding: folders, settle: line.settle, fileSystem: fileSystem)
    }

    /// Whether the knowledge about the files holds for a line of a new configuration.
    func isSameFolder(as other: Configuration.Line) -> Bool {
        line.name == other.name && line.watch == other.watch && line.images == other.images
            && line.settle == other.settle
    }

    /// The same folder under a changed configuration.
    func with(_ line: Configuration.Line) -> WatchedLine {
        var copy = self
        copy.line = line
        return copy
    }

    private func cause(_ what: String) -> Cause { Cause(.folderUnavailable, line: line.name, what) }

    /// The objects that all lines share.
    struct Surroundings {
        let storage: Storage
        let names: TakenNames
        let gates: LineGates
        let unfinished: UnfinishedFrames
        let incidents: IncidentLog
        let board: ReportBoard
    }

    struct Result {
        var found: [ArrivedFrame] = []
        var folders: [RawPath] = []
        /// Whether there are, or may be, frames beyond the limit.
        var isMore = false
        /// The latest time to check an incomplete file again.
        var nextLook: ContinuousClock.Instant?
    }

    /// Takes the kernel's events of the folder.
    mutating func note(_ batch: Inotify.Batch) { inbox.note(batch) }

    /// Complete frames that are not taken yet, oldest first; marks them as taken.
    mutating func scan(_ around: Surroundings, limit: Int) -> Result {
        var result = Result()
        let scan: ImageFolder.Scan
        do {
            scan = try inbox.scan()
        } catch {
            if around.gates.down[line.name] == nil {
                around.incidents.occurred(
                    cause("watched folder"), "line \(line.name): \(error); retrying at every scan", unit: "scan")
            }
            around.board.publish(LineScan(problem: "\(error)"), of: line.name)
            isUnavailable = true
            return result
        }
        around.incidents.ended(cause("watched folder"), "line \(line.name): \(line.watch) is back")
        result.folders = scan.folders
        result.isMore = isUnavailable || !scan.folders.allSatisfy(folders.contains)
        isUnavailable = false
        folders = Set(scan.folders)
        tell(scan, around)
        if line.after == .keep { forgetRecorded(except: scan.images) }
        for arrival in scan.images {
            if isRecorded(arrival, around.storage) { continue }
            if result.found.count == limit {
                result.isMore = true
                break
            }
            guard around.names.take(arrival.path) else {
                inbox.noteWaiting(arrival)
                continue
            }
            guard isReady(arrival, around.storage.spool, &result),
                around.gates.admits(arrival.path, line: line.name, isTaken: false)
            else {
                around.names.release(arrival.path)
                continue
            }
            let supersedes = line.after == .keep ? around.unfinished.superseded(by: arrival) : nil
            result.found.append(ArrivedFrame(arrival, line: line, supersedes: supersedes))
        }
        return result
    }

    private mutating func isReady(_ arrival: Arrival, _ spool: Spool, _ result: inout Result) -> Bool {
        switch inbox.judge(arrival) {
        case .whole: return true
        case .settled(let isOpen):
            // A file that its writer has open can be moved within a file system, but not copied to another.
            if isOpen, line.after != .keep, !spool.isOnFileSystem(of: arrival.status) { return false }
            return true
        case .rests(let until):
            result.nextLook = min(result.nextLook ?? until, until)
            return false
        }
    }

    /// Reports a scan to the operator.
    private mutating func tell(_ scan: ImageFolder.Scan, _ around: Surroundings) {
        let unreadable = cause("folders that cannot be read")
        var problem: String?
        if let first = scan.unreadable.first {
            let count = scan.unreadable.count
            let folders = count == 1 ? "1 folder below" : "\(count) folders below"
            let text =
                "\(folders) \(line.watch) cannot be read and \(count == 1 ? "is" : "are") skipped: \(first.error)"
            problem = text
            around.incidents.occurred(
                unreadable, level: .warning, "line \(line.name): \(text); retrying at every scan", unit: "folder",
                total: count)
        } else {
            around.incidents.ended(unreadable, "line \(line.name): all folders below \(line.watch) can be read")
        }
        let lost = inbox.takeOverwritten()
        if lost > 0 {
            overwritten += lost
            around.incidents.occurred(
                Cause(.overwritten, line: line.name, "overwritten"), level: .warning,
                "line \(line.name): the camera overwrote at least \(overwritten) whole "
                    + "frame\(overwritten == 1 ? "" : "s") before \(overwritten == 1 ? "it" : "they") could be taken; let it "
                    + "number its files, or write fewer frames", unit: "frame", total: overwritten)
        }
        around.board.publish(
            LineScan(
                problem: problem, waiting: line.after == .keep ? nil : scan.images.count,
                skipped: scan.skipped.byName, overwritten: overwritten), of: line.name)
    }

    /// Whether a kept file was inspected before: remembered, else looked up in the ledger once.
    private mutating func isRecorded(_ arrival: Arrival, _ storage: Storage) -> Bool {
        guard line.after == .keep else { return false }
        let fingerprint = arrival.status.fingerprint
        if recorded[arrival.path] == fingerprint { return true }
        guard (try? storage.ledger.contains(Spool.keptID(arrival, line: line.name))) == true else { return false }
        recorded[arrival.path] = fingerprint
        return true
    }

    private mutating func forgetRecorded(except arrivals: [Arrival]) {
        guard !recorded.isEmpty else { return }
        let present = Set(arrivals.map(\.path))
        recorded = recorded.filter { present.contains($0.key) }
    }
}
