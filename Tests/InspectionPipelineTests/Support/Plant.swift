import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import LinuxPlatform
import Logging
import Spooling
import Synchronization
import TestSupport

/// One line with the real daemon in this process, on a disk that a test controls.
final class Plant {
    let configuration: Configuration
    let log = CollectedLog()
    private let root: URL

    /// - Parameters:
    ///   - after: the fate of inspected frames.
    ///   - gate: name of the line's gate, and the product it expects.
    init(
        _ root: URL, after: Configuration.After = .archive, gate: (model: String, product: String?)? = nil
    ) throws {
        self.root = root
        var configuration = Configuration()
        configuration.state = root.appendingPathComponent("state").path
        configuration.spool = root.appendingPathComponent("spool").path
        configuration.workers = .count(2)
        configuration.scanInterval = .milliseconds(100)
        var line = Configuration.Line(name: "plate", watch: root.appendingPathComponent("watch").path)
        line.settle = .seconds(1)
        line.falseAlarmRate = 0.1
        line.after = after
        (line.gate, line.product) = (gate?.model, gate?.product)
        configuration.lines = [line]
        self.configuration = configuration
        try FileSystem().makeFolder(RawPath(line.watch))
        try TinyModel.store("plate", in: ModelStore(folder: configuration.modelsPath))
    }

    var watched: RawPath { RawPath(configuration.lines[0].watch) }
    var spool: RawPath { RawPath(configuration.spool) }

    /// A file arrives as from a camera: complete when it appears.
    func arrive(_ name: RawPath, _ data: Data) throws {
        let hidden = watched / ".arriving"
        try FileSystem().create(hidden, data)
        try FileSystem().rename(hidden, to: watched.appending(name))
    }

    /// Runs the daemon until `isDone` holds; then it ends, cleanly or as one whose power failed.
    ///
    /// - Parameter life: the time after which it also ends; nil for no limit.
    /// - Throws: `TimedOut` after five minutes, and the errors of `isDone`.
    func run(
        on disk: FaultyDisk = FaultyDisk(seed: 0, rarity: 0), files: FileSystem? = nil, for life: Duration? = nil,
        until isDone: () throws -> Bool
    ) async throws {
        let daemon: Daemon
        do {
            daemon = try Daemon(
                configuration: configuration, logger: log.logger, fileSystem: files ?? disk.fileSystem,
                beforeCommit: disk.beforeCommit)
        } catch  where disk.faults > 0 || !disk.hasPower {
            // The disk failed while it started: as a service manager would, the caller starts another.
            return
        }
        let running = Task { try await daemon.run() }
        let seconds = 300 * patience
        let end = ContinuousClock.now + (life ?? .seconds(seconds))
        var outcome = Result<Bool, any Error>.success(false)
        while disk.hasPower, ContinuousClock.now < end {
            outcome = Result { try isDone() }
            if (try? outcome.get()) != false { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        running.cancel()
        _ = await running.result
        if try !outcome.get(), life == nil, disk.hasPower {
            throw TimedOut(what: "the daemon to be done: \(log.messages.suffix(3))", seconds: seconds)
        }
    }

    func files(_ folder: RawPath) -> [RawPath] {
        ((try? FileSystem().list(folder)) ?? []).flatMap { entry -> [RawPath] in
            let path = folder.appending(entry.name)
            return entry.kind == .folder ? files(path) : [path]
        }
    }

    func results() throws -> [Inspection] {
        try files(spool / "results").filter { $0.name == RawPath("result.json") }
            .map { try DomainJSON.decoder().decode(Inspection.self, from: FileSystem().read($0)) }
    }

    func history() throws -> [Inspection] {
        try Ledger(path: configuration.ledgerPath).history(HistoryFilter(limit: 100_000)).map(\.inspection)
    }

    /// Whether nothing waits and nothing is in progress.
    var isIdle: Bool {
        files(watched).allSatisfy { configuration.lines[0].after == .keep || $0.name.bytes.first == 0x2e }
            && files(spool / "active").isEmpty
    }
}

/// The log of a daemon in this process.
final class CollectedLog: Sendable {
    private let entries = Mutex<[String]>([])

    var messages: [String] { entries.withLock { $0 } }

    func count(_ text: String) -> Int { messages.count { $0.contains(text) } }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: CollectedLog
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { log.entries.withLock { $0.append("\(event.level): \(event.message)") } }
    }
}
