import Foundation
import Imaging
import ImageFolders
import LinuxPlatform
import Logging
import Spooling

/// A line's folder as the inbox knows it: which files wait, which are being written, which are dealt with.
struct WatchedLine {
    private(set) var line: Configuration.Line
    private var inbox: Inbox
    /// Files of a line that keeps its originals, by path, that the ledger holds.
    private var recorded: [RawPath: String] = [:]
    private var isUnavailable = false
    private var isFirstScan = true

    init(_ line: Configuration.Line, excluding folders: [String], fileSystem: FileSystem) {
        self.line = line
        inbox = Inbox(
            folder: line.watch, rule: line.images, excluding: folders, settling: line.settle, fileSystem: fileSystem)
    }

    /// Whether what is known of the files holds for a line of a new configuration.
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

    private var unavailable: Cause { Cause(.folderUnavailable, line: line.name, "watched folder") }

    struct Result {
        var found: [Work] = []
        var folders: [RawPath] = []
        /// There are complete frames beyond the limit.
        var isMore = false
        /// Some files are still being written, or rest before they are tried again.
        var isWaiting = false
    }

    /// Frames that are complete and on nobody's way yet, oldest first, marked as on their way.
    mutating func scan(_ context: DaemonContext, limit: Int) -> Result {
        var result = Result()
        let arrivals: [Arrival]
        do {
            let scan = try inbox.scan()
            (arrivals, result.folders) = (scan.images, scan.folders)
            context.board.publish(
                LineScan(
                    problem: scan.unreadable.first.map { "\($0.error); it is passed over" },
                    waiting: line.after == .keep ? nil : arrivals.count, passedOver: scan.passedOver.byName),
                of: line.name)
        } catch {
            context.incidents.occurred(
                unavailable, "line \(line.name): \(error); looking again at every scan", unit: "scan")
            context.board.publish(LineScan(problem: "\(error)"), of: line.name)
            isUnavailable = true
            return result
        }
        context.incidents.ended(unavailable, "line \(line.name): \(line.watch) is back")
        // Files may have come between the first listing and the watches.
        result.isMore = isFirstScan || isUnavailable
        isUnavailable = false
        isFirstScan = false
        if line.after == .keep { forgetRecorded(except: arrivals) }
        for arrival in arrivals {
            if isRecorded(arrival, context) { continue }
            guard
                inbox.isComplete(
                    arrival, tailLength: PictureProbe.tailLength, hasEndMarker: PictureProbe.hasEndMarker(tail:))
            else {
                result.isWaiting = true
                continue
            }
            if result.found.count == limit {
                result.isMore = true
                break
            }
            guard context.pending.begin(arrival.path) else { continue }
            let work = Work(frame: .arrived(arrival), line: line, seen: .now)
            guard context.gates.admits(arrival.path, line: line.name, isTaken: false) else {
                context.pending.putBack([work])
                continue
            }
            result.found.append(work)
        }
        return result
    }

    /// Whether a kept file was inspected before: remembered, else asked of the ledger once.
    private mutating func isRecorded(_ arrival: Arrival, _ context: DaemonContext) -> Bool {
        guard line.after == .keep else { return false }
        let fingerprint = arrival.status.fingerprint
        if recorded[arrival.path] == fingerprint { return true }
        guard (try? context.ledger.contains(Spool.keptID(arrival, line: line.name))) == true else { return false }
        recorded[arrival.path] = fingerprint
        return true
    }

    private mutating func forgetRecorded(except arrivals: [Arrival]) {
        guard !recorded.isEmpty else { return }
        let present = Set(arrivals.map(\.path))
        recorded = recorded.filter { present.contains($0.key) }
    }
}
