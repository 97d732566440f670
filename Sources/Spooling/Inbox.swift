import Foundation
import ImageFolders
import LinuxPlatform

/// One line's watched folder: which files there are, and which are complete. A scan decides; notifications only wake it.
///
/// Not thread-safe: it remembers what it saw, to tell a growing file from a finished one.
public struct Inbox: Sendable {
    private var images: ImageFolder
    private let fileSystem: FileSystem
    /// How long a file without its end marker must stay unchanged before it is taken as it is.
    private let settling: Duration
    private var seen: [RawPath: (fingerprint: String, since: ContinuousClock.Instant)] = [:]

    public init(
        folder: String, rule: ImageRule = ImageRule(), excluding: [String] = [], settling: Duration = .seconds(3),
        fileSystem: FileSystem = FileSystem()
    ) {
        images = ImageFolder(
            RawPath(folder), rule: rule, excluding: excluding.map { RawPath($0) }, fileSystem: fileSystem)
        self.settling = settling
        self.fileSystem = fileSystem
    }

    /// The images in the folder and below, oldest first, as `ImageRule` has it.
    /// - Throws: `SystemError` when the watched folder itself cannot be read.
    public mutating func scan() throws -> ImageFolder.Scan {
        var scan = try images.scan()
        scan.images.sort { ($0.status.modified, $0.path) < ($1.status.modified, $1.path) }
        forgetAllBut(scan.images)
        return scan
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

    private mutating func forgetAllBut(_ arrivals: [Arrival]) {
        guard !seen.isEmpty else { return }
        let present = Set(arrivals.map(\.path))
        seen = seen.filter { present.contains($0.key) }
    }
}
