import DetectionCore
import Foundation
import ImageFolders
import Imaging
import LinuxPlatform

/// The content of `inspectd.yaml`, for the daemon and `inspectctl`.
///
/// Paths are absolute here: a relative path in the file is relative to the file's own folder, so that a folder with its
/// configuration can be moved. `~` and `$VARIABLES` are not expanded, because a service has no home and no shell.
package struct Configuration: Sendable, Equatable {
    package static let defaultPath = "/etc/inspectd/inspectd.yaml"

    /// The file it came from; nil for the built-in defaults.
    package var file: String?
    /// Models and the ledger.
    package var state = "/var/lib/inspectd"
    /// Results, alerts, archive, quarantine.
    package var spool = "/var/spool/inspectd"
    package var workers = Workers.auto
    /// The interval between scans without events (network file systems send none).
    package var scanInterval = Duration.seconds(5)
    /// A frame that would decode to more is refused.
    package var maxMegapixels = 100.0
    package var lines: [Line] = []
    package var retention = RetentionPolicy()
    /// Nil without the section: `inspectd-gateway` has nothing to do then.
    package var gateway: GatewaySettings?

    package init() {}

    /// The number of frames inspected side by side.
    package enum Workers: Sendable, Equatable {
        /// One frame per core, each on one thread.
        case auto
        /// A fixed number; with 1, a frame's work is spread over all cores.
        case count(Int)
    }

    /// One camera: a folder, a model, and the rule that decides.
    package struct Line: Sendable, Equatable {
        package var name: String
        /// Watched with its subfolders.
        package var watch: String
        /// Name of the model in `state`; lines may share one.
        package var model: String
        /// Name of the model that checks, before `model` searches for defects, whether a frame shows the right product.
        package var gate: String?
        /// The product that the gate must recognise; nil for any that it knows.
        package var product: String?
        /// Tolerated share of flawless frames that are called anomalous; in (0, 1).
        package var falseAlarmRate = 0.01
        /// With it, the threshold holds the rate with this probability, instead of on average; in (0, 1).
        package var confidence: Double?
        package var after = After.archive
        package var overlay = OverlayPolicy.anomalous
        package var map = MapSize.grid
        /// The rule for which entries of the folder are frames.
        package var images = ImageRule()
        /// The time without a change after which a file without its end counts as truncated.
        package var settle = Duration.seconds(30)

        /// The raw values that are black and white when a model is fitted for the line; stored with the model.
        package var intensity = IntensitySetting.auto

        package init(name: String, watch: String, model: String? = nil) {
            self.name = name
            self.watch = watch
            self.model = model ?? name
        }

        /// The rule for the line's thresholds.
        package var rule: CalibrationRule { CalibrationRule(rate: falseAlarmRate, confidence: confidence) }
    }

    /// The fate of a frame's file after its inspection.
    package enum After: String, Sendable, CaseIterable {
        case archive, keep, delete
    }

    /// The frames that get an overlay.
    package enum OverlayPolicy: String, Sendable, CaseIterable {
        case always, anomalous, never
    }

    /// The size of the anomaly map's file.
    package enum MapSize: String, Sendable, CaseIterable {
        /// The detector's own: all there is to know, in a file of some 50 kB.
        case grid
        /// The frame's, stretched.
        case full
    }

    /// The retention policy; nil keeps the files forever.
    package struct RetentionPolicy: Sendable, Equatable {
        package var results: Duration?
        package var archive: Duration?
        /// Bytes that stay free on the spool's file system.
        package var minFree: Int?

        package init(results: Duration? = nil, archive: Duration? = nil, minFree: Int? = nil) {
            self.results = results
            self.archive = archive
            self.minFree = minFree
        }
    }

    /// The limits of a decoded image.
    package var decodeLimits: DecodeLimits { DecodeLimits(maxPixels: Int(maxMegapixels * 1e6)) }

    /// The line with this name.
    package func line(named name: String) -> Line? { lines.first { $0.name == name } }

    /// The models of all lines' detectors and gates, each once.
    package var modelNames: Set<String> { Set(lines.map(\.model) + lines.compactMap(\.gate)) }

    package var ledgerPath: String { state + "/ledger.sqlite" }
    package var modelsPath: String { state + "/models" }
    package var backbonesPath: String { state + "/backbones" }
    /// The folder of interrupted fits' checkpoints.
    package var fittingPath: String { state + "/fitting" }

    /// Creates an empty ledger if there is none, so that it belongs to the state folder's owner, whichever user runs
    /// the program; SQLite gives its other files the ledger's owner.
    func ensureLedger(_ files: FileSystem) throws {
        let path = RawPath(ledgerPath)
        // Opening and closing one that is in use would end SQLite's own locks on it.
        if try !files.exists(path) { try files.ensure(path) }
    }

    /// Keeps every other daemon out of the state folder while the value lives, whatever spool it works in: ledger and
    /// models have one writer.
    /// - Throws: `FileLock.Held`, `SystemError`.
    func lockState() throws -> FileLock { try FileLock(path: state + "/lock", waits: false) }
}
