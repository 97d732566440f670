import ImageFolders
import LinuxPlatform
import Logging

/// Finds complete frames in the lines' folders, and in the quarantine those that their writers have finished. Confined
/// to the inbox's thread.
final class FrameFinder {
    /// At most this many frames are taken per scan, so that no line waits for another's backlog.
    private static let batch = 512

    private let configuration: ActiveConfiguration
    private let surroundings: WatchedLine.Surroundings
    private let folders: FolderWatch
    private let logger: Logger
    private var lines: [WatchedLine] = []
    private var revision = 0

    init(
        configuration: ActiveConfiguration, surroundings: WatchedLine.Surroundings, folders: FolderWatch, logger: Logger
    ) {
        (self.configuration, self.surroundings) = (configuration, surroundings)
        (self.folders, self.logger) = (folders, logger)
    }

    var interval: Duration { configuration.current.scanInterval }

    struct Found {
        /// Complete frames, the lines taking turns.
        let frames: [ArrivedFrame]
        /// Whether there are more.
        let isMore: Bool
        /// The time to check an incomplete frame again.
        let nextLook: ContinuousClock.Instant?
    }

    /// Adopts the lines of a new configuration; unchanged lines keep their knowledge about their files.
    /// - Returns: whether there was a new one.
    func followConfiguration() -> Bool {
        guard revision != configuration.revision else { return false }
        revision = configuration.revision
        let new = configuration.current
        lines = new.lines.map { line in
            lines.first { $0.isSameFolder(as: line) }?.with(line)
                ?? WatchedLine(line, excluding: [new.state, new.spool], fileSystem: surroundings.storage.files)
        }
        folders.reset()
        let names = Set(new.lines.map(\.name))
        surroundings.incidents.keepOnly(lines: names)
        surroundings.gates.keepOnly(lines: names)
        return true
    }

    func scan() -> Found {
        _ = wait(milliseconds: 0)
        var perLine: [[ArrivedFrame]] = [unfinished()]
        var seen: [RawPath] = []
        var isMore = false
        var nextLook: ContinuousClock.Instant?
        for index in lines.indices {
            let result = lines[index].scan(surroundings, limit: Self.batch)
            seen += result.folders
            perLine.append(result.found)
            isMore = isMore || result.isMore
            if let look = result.nextLook { nextLook = min(nextLook ?? look, look) }
        }
        folders.watch(seen, scannedEvery: interval)
        let longest = perLine.map(\.count).max() ?? 0
        let turns = (0..<longest).flatMap { turn in perLine.compactMap { turn < $0.count ? $0[turn] : nil } }
        return Found(frames: turns, isMore: isMore, nextLook: nextLook)
    }

    /// Waits for events of the lines' folders, and takes them.
    /// - Returns: whether a scan may find something new; nil where there are no events to wait for.
    func wait(milliseconds: Int32) -> Bool? {
        guard let batch = folders.wait(milliseconds: milliseconds) else { return nil }
        for index in lines.indices { lines[index].note(batch) }
        return batch.wakes
    }

    /// Frames that were set aside unfinished and are whole now.
    private func unfinished() -> [ArrivedFrame] {
        let configuration = configuration.current
        return surroundings.unfinished.due { configuration.line(named: $0)?.settle }.compactMap { entry, arrival in
            guard let line = configuration.line(named: entry.line), surroundings.names.take(arrival.path) else {
                return nil
            }
            logger.event(
                .recovered, .notice,
                "\(entry.original): its writer continued after it was set aside as unfinished; inspecting it again",
                fields: [LogField.line: line.name, LogField.frame: entry.original.description])
            return ArrivedFrame(arrival, setAside: entry, line: line)
        }
    }
}
