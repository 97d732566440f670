import InspectionDomain

/// One key of `inspectd.yaml`: the single declaration from which the parser takes the names it accepts, and the
/// reference page and the manual page everything else.
///
/// A new key is one entry of `Configuration.keys`, and one line where its section is read.
package struct ConfigurationKey: Sendable, Equatable {
    /// The section of a key.
    package enum Section: String, Sendable, CaseIterable {
        case top, line, retention, gateway, command, webhook

        /// As a heading.
        package var title: String {
            switch self {
            case .top: "The file"
            case .line: "A line: the entries of `lines`"
            case .retention: "`retention`"
            case .gateway: "`gateway`"
            case .command: "`gateway: exec`"
            case .webhook: "`gateway: webhook`"
            }
        }

        var text: String {
            switch self {
            case .top: "Keys at the left margin."
            case .line: "One entry for each camera; each needs `name` and `watch`."
            case .retention:
                "The oldest go first; a key left out removes nothing. Alerts and the quarantine are never removed."
            case .gateway:
                "Where `inspectd-gateway` delivers records to. Without this section it opens no connection. A new sink starts "
                    + "with the next record; its name is how the gateway remembers how far it has got."
            case .command:
                "A program that receives each record on its standard input. `exec: [program, arguments]` is short for the key "
                    + "`command` alone."
            case .webhook: "A list; each entry is a URL that each record is posted to. Several need a `name` each."
            }
        }
    }

    package let section: Section
    package let name: String
    /// The type of a value: `folder`, `duration`.
    package let type: String
    /// The default; nil for a required key.
    package let standard: String?
    /// The allowed values, in words; empty if the type suffices.
    package let allowed: String
    /// The effect of the key.
    package let meaning: String
    /// A value as it would be written.
    package let example: String

    init(
        _ section: Section, _ name: String, _ type: String, standard: String?, allowed: String = "", _ meaning: String,
        example: String
    ) {
        (self.section, self.name, self.type, self.standard) = (section, name, type, standard)
        (self.allowed, self.meaning, self.example) = (allowed, meaning, example)
    }
}

extension Configuration {
    private static let defaults = Configuration()
    private static let lineDefaults = Line(name: "line", watch: "/")

    private static func words<Choice: CaseIterable & RawRepresentable<String>>(_ type: Choice.Type) -> String {
        Choice.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    }

    /// The names that a section accepts.
    static func keyNames(_ section: ConfigurationKey.Section) -> [String] {
        keys.filter { $0.section == section }.map(\.name)
    }

    /// Every key, in the order of the reference.
    package static let keys = daemonKeys + gatewayKeys

    private static let daemonKeys: [ConfigurationKey] = [
        ConfigurationKey(
            .top, "state", "folder", standard: defaults.state,
            "Models, calibrations and the ledger. One daemon at a time works in it.", example: "/var/lib/inspectd"),
        ConfigurationKey(
            .top, "spool", "folder", standard: defaults.spool,
            "Results, alerts, archive and quarantine. One daemon at a time works in it.",
            example: "/var/spool/inspectd"),
        ConfigurationKey(
            .top, "workers", "count or `auto`", standard: "auto", allowed: "`auto`, 1 to 256",
            "Frames computed at a time. `auto`: one per core, each on one thread. With 1, a frame is spread over all cores.",
            example: "2"),
        ConfigurationKey(
            .top, "scan_interval", "duration", standard: Quantity.text(defaults.scanInterval),
            allowed: "0.1 s and more",
            "The interval between scans of the watched folders without events: network file systems send none.",
            example: "10s"),
        ConfigurationKey(
            .top, "max_megapixels", "number", standard: String(format: "%g", defaults.maxMegapixels),
            allowed: "above 0, up to 10000", "A frame that would decode to more is set aside before it takes memory.",
            example: "50"),
        ConfigurationKey(
            .top, "lines", "list", standard: "none", "The cameras: see below. The daemon needs at least one.",
            example: "[]"),
        ConfigurationKey(
            .top, "retention", "keys", standard: "nothing is removed", "The retention policy: see below.",
            example: "{}"),
        ConfigurationKey(
            .top, "gateway", "keys", standard: "none", "The receivers of records: see below.", example: "{}"),

        ConfigurationKey(
            .line, "name", "name", standard: nil, allowed: Identifier.allowed,
            "Names the line in results, messages and commands.", example: "plate"),
        ConfigurationKey(
            .line, "watch", "folder", standard: nil,
            "The folder the camera writes into; its subfolders are watched too.", example: "/srv/cameras/plate"),
        ConfigurationKey(
            .line, "model", "name", standard: "the line's name", allowed: Identifier.allowed,
            "The model that inspects the line's frames; lines may share one.", example: "plate"),
        ConfigurationKey(
            .line, "gate", "name", standard: "none", allowed: Identifier.allowed,
            "A model of method odin that recognises the product before `model` looks for defects.", example: "products"),
        ConfigurationKey(
            .line, "product", "text", standard: "any that the gate knows", "The product that the gate must recognise.",
            example: "plate"),
        ConfigurationKey(
            .line, "false_alarm_rate", "number", standard: String(format: "%g", lineDefaults.falseAlarmRate),
            allowed: "above 0, below 1", "The share of flawless frames that may be called anomalous.", example: "0.02"),
        ConfigurationKey(
            .line, "confidence", "number", standard: "none: the rate holds on average", allowed: "above 0, below 1",
            "The probability with which the rate holds, instead of on average.", example: "0.95"),
        ConfigurationKey(
            .line, "after", "choice", standard: lineDefaults.after.rawValue, allowed: words(After.self),
            "The fate of a frame's file after its inspection.", example: "keep"),
        ConfigurationKey(
            .line, "overlay", "choice", standard: lineDefaults.overlay.rawValue, allowed: words(OverlayPolicy.self),
            "The frames that get an overlay.", example: "always"),
        ConfigurationKey(
            .line, "map", "choice", standard: lineDefaults.map.rawValue, allowed: words(MapSize.self),
            "The size of `anomaly_map.png`: the detector's own grid, or the frame's.", example: "full"),
        ConfigurationKey(
            .line, "follow_links", "boolean", standard: "false",
            "With `true`, a symbolic link to a file is a frame with that file's content.", example: "true"),
        ConfigurationKey(
            .line, "only", "list of patterns", standard: "every file that is an image by name or content",
            "The only files that are frames.", example: "[\"*.jpg\"]"),
        ConfigurationKey(
            .line, "ignore", "list of patterns", standard: "none beside the built-in ones",
            "Files, and folders (with a slash at the end), that are skipped.",
            example: "[\"*_preview.*\", \"old/\"]"),
        ConfigurationKey(
            .line, "settle", "duration", standard: Quantity.text(lineDefaults.settle),
            "A file without its end counts as truncated after this time without a change.", example: "10s"),
        ConfigurationKey(
            .line, "intensity", "setting", standard: lineDefaults.intensity.text,
            allowed: "`auto`, `8bit` to `16bit`, `[LOW, HIGH]`",
            "Raw values that are black and white; fixed when a model is fitted, and stored with it.", example: "12bit"),

        ConfigurationKey(
            .retention, "results", "duration or `never`", standard: "never", allowed: "1 s and more",
            "Results older than this are removed, by whole days.", example: "30d"),
        ConfigurationKey(
            .retention, "archive", "duration or `never`", standard: "never", allowed: "1 s and more",
            "Archived frames older than this are removed, by whole days.", example: "7d"),
        ConfigurationKey(
            .retention, "min_free", "size", standard: "none",
            "Space kept free on the spool's file system by removing results and archived frames.",
            example: "5GiB"),
    ]
}
