import Foundation
import LinuxPlatform
import Logging
import ServiceLifecycle
import Spooling

/// Removes old results and archived frames, oldest first: by age, and when the disk runs low. Never alerts, never quarantine.
struct RetentionService: Service {
    let context: DaemonContext
    static let interval = Duration.seconds(600)

    func run() async throws {
        let bell = Bell()
        let context = context
        await withTaskCancellationOrGracefulShutdownHandler {
            await BlockingThread.run("retention") {
                while !bell.stopped {
                    let policy = context.configuration.current.retention
                    Retention(
                        spool: context.spool, files: context.fileSystem, logger: context.logger, stop: bell
                    ).apply(policy, now: Date())
                    bell.wait(Self.interval)
                }
            }
        } onCancelOrGracefulShutdown: {
            bell.stop()
        }
    }
}

/// One round of removing. Results and archive lie in `<line>/<YYYY-MM-DD>/`: the day is the age.
struct Retention {
    let spool: Spool
    let logger: Logger
    let stop: Bell
    private let files: FileSystem

    init(spool: Spool, files: FileSystem, logger: Logger, stop: Bell) {
        self.spool = spool
        self.files = files
        self.logger = logger
        self.stop = stop
    }

    func apply(_ policy: Configuration.Retention, now: Date) {
        do {
            if let age = policy.results { try removeDays(of: spool.results, olderThan: age, now) }
            if let age = policy.archive { try removeDays(of: spool.archive, olderThan: age, now) }
            if let minimum = policy.minFree { try free(minimum) }
        } catch {
            logger.event(.spaceLow, .error, "removing old results: \(error); trying again in 10 minutes")
        }
    }

    private struct Day {
        let date: String
        let path: RawPath
    }

    /// A day's folder goes when all of the day is older than the age.
    private func removeDays(of root: RawPath, olderThan age: Duration, _ now: Date) throws {
        let limit = Self.day(now - age.inSeconds)
        for day in try days(of: root) where day.date < limit && !stop.stopped {
            try files.removeTree(day.path)
            logger.event(.removed, .notice, "removed \(day.path): older than \(Quantity.text(age))")
        }
    }

    /// Removes the oldest frames and results, one by one, until there is room.
    private func free(_ minimum: Int) throws {
        guard try spool.freeSpace() < minimum else { return }
        var removed = 0
        let oldestFirst = try (days(of: spool.archive) + days(of: spool.results)).sorted { $0.date < $1.date }
        for day in oldestFirst {
            for entry in try files.list(day.path) {
                guard try spool.freeSpace() < minimum, !stop.stopped else { return said(removed, minimum) }
                let path = day.path.appending(entry.name)
                if entry.kind == .folder { try files.removeTree(path) } else { try files.remove(path) }
                removed += 1
            }
            try files.removeTree(day.path)
        }
        said(removed, minimum)
        let free = try spool.freeSpace()
        guard free < minimum else { return }
        logger.event(
            .spaceLow, .error,
            "only \(Quantity.text(bytes: free)) free in \(spool.root), \(Quantity.text(bytes: minimum)) wanted, and nothing "
                + "left to remove; make room, or lower retention.min_free")
    }

    private func said(_ removed: Int, _ minimum: Int) {
        guard removed > 0 else { return }
        logger.event(
            .removed, .warning,
            "removed the \(removed) oldest results and archived frames to keep \(Quantity.text(bytes: minimum)) free")
    }

    /// Day folders of all lines, oldest first.
    private func days(of root: RawPath) throws -> [Day] {
        try files.list(root).filter { $0.kind == .folder }.flatMap { line -> [Day] in
            let folder = root.appending(line.name)
            return try files.list(folder).filter { $0.kind == .folder && Self.isDay($0.name.description) }
                .map { Day(date: $0.name.description, path: folder.appending($0.name)) }
        }.sorted { $0.date < $1.date }
    }

    private static func isDay(_ name: String) -> Bool {
        name.count == 10
            && name.utf8.enumerated().allSatisfy { index, byte in
                index == 4 || index == 7 ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte)
            }
    }

    private static func day(_ date: Date) -> String {
        String(date.formatted(Date.ISO8601FormatStyle()).prefix(10))
    }
}
