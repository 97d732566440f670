import Foundation
import LinuxPlatform

/// A file seen in a watched folder.
public struct Arrival: Sendable, Equatable {
    public let path: RawPath
    /// Of the file; of what the link leads to, where links are followed.
    public let status: FileStatus
    /// Of the link itself; nil for a file.
    public let link: FileStatus?

    public init(path: RawPath, status: FileStatus, link: FileStatus? = nil) {
        self.path = path
        self.status = status
        self.link = link
    }
}

/// One line's watched folder: which files there are, and which are complete. A scan decides; notifications only wake it.
///
/// Not thread-safe: it remembers what it saw, to tell a growing file from a finished one.
public struct Inbox: Sendable {
    public let folder: RawPath
    /// Folders below the watched one that are not it: the spool and the state, when someone put them there.
    private let excluded: [RawPath]
    private let fileSystem: FileSystem
    private let followsLinks: Bool
    /// How long a file without its end marker must stay unchanged before it is taken as it is.
    private let settling: Duration
    private var seen: [RawPath: (fingerprint: String, since: ContinuousClock.Instant)] = [:]

    public init(
        folder: String, excluding: [String] = [], followsLinks: Bool = false, settling: Duration = .seconds(3),
        fileSystem: FileSystem = FileSystem()
    ) {
        self.followsLinks = followsLinks
        self.folder = RawPath(folder)
        excluded = excluding.map { RawPath($0) }
        self.settling = settling
        self.fileSystem = fileSystem
    }

    /// Everything in the folder and below, oldest first. Links are passed over, or, where they are followed, those that lead to
    /// a file are frames of its content (links to folders never are); hidden files and names that writers use
    /// while they write (`.x`, `*.tmp`, `*.part`, `*.partial`, `*~`) are passed over.
    ///
    /// - Returns: the files, and the folders that a notifier should watch.
    /// - Throws: `SystemError` when the watched folder itself cannot be read.
    public mutating func scan() throws -> (arrivals: [Arrival], folders: [RawPath]) {
        var arrivals: [Arrival] = [], folders: [RawPath] = [], pending = [folder]
        while let next = pending.popLast() {
            let entries: [(name: RawPath, kind: FileKind)]
            do {
                entries = try fileSystem.list(next)
            } catch let error as SystemError where next != folder && error.isMissing {
                continue
            }
            folders.append(next)
            for entry in entries where !Self.isPassedOver(entry.name) {
                let path = next.appending(entry.name)
                if entry.kind == .folder, !excluded.contains(where: { path.isInside($0) }) {
                    pending.append(path)
                } else if let arrival = arrival(path, entry.kind) {
                    arrivals.append(arrival)
                }
            }
        }
        arrivals.sort { ($0.status.modified, $0.path) < ($1.status.modified, $1.path) }
        forgetAllBut(arrivals)
        return (arrivals, folders)
    }

    private func arrival(_ path: RawPath, _ kind: FileKind) -> Arrival? {
        guard kind == .file || kind == .link && followsLinks, let own = try? fileSystem.status(path) else { return nil }
        if own.kind == .file { return Arrival(path: path, status: own) }
        guard own.kind == .link, followsLinks, let target = try? fileSystem.status(path, followsLinks: true),
            target.kind == .file
        else { return nil }
        return Arrival(path: path, status: target, link: own)
    }

    /// Whether a file is complete: it has its end marker, or nothing has changed for the settling time (then it is taken as
    /// it is, and the decoder says what is wrong with it).
    ///
    /// - Parameter hasEndMarker: judges a file's last bytes.
    public mutating func isComplete(
        _ arrival: Arrival, tailLength: Int, hasEndMarker: (Data) -> Bool, now: ContinuousClock.Instant = .now
    ) -> Bool {
        let fingerprint = arrival.status.fingerprint
        let tail = try? fileSystem.tail(arrival.path, count: tailLength, followsLinks: arrival.link != nil)
        if let tail, hasEndMarker(tail) { return true }
        guard let earlier = seen[arrival.path], earlier.fingerprint == fingerprint else {
            seen[arrival.path] = (fingerprint, now)
            return settling == .zero
        }
        return now - earlier.since >= settling
    }

    static func isPassedOver(_ name: RawPath) -> Bool {
        let endings = [".tmp", ".part", ".partial", "~"].map { Array($0.utf8) }
        return name.bytes.first == UInt8(ascii: ".")
            || endings.contains { name.bytes.suffix($0.count).elementsEqual($0) }
    }

    private mutating func forgetAllBut(_ arrivals: [Arrival]) {
        guard !seen.isEmpty else { return }
        let present = Set(arrivals.map(\.path))
        seen = seen.filter { present.contains($0.key) }
    }
}
