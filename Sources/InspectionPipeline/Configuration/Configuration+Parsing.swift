import Foundation
import ImageFolders
import LinuxPlatform
import Yams

extension Configuration {
    /// A configuration is a page, not a data set.
    private static let largestFile = 1 << 20

    /// Reads and validates a file.
    /// - Throws: `ConfigurationErrors` with all problems of the file.
    package static func load(path: String) throws(ConfigurationErrors) -> Configuration {
        func failure(_ message: String, _ status: ExitStatus = .configuration) -> ConfigurationErrors {
            ConfigurationErrors([
                ConfigurationProblem(file: path, line: 0, key: "", message: message, status: status)
            ])
        }
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            let cause = unreadable(path)
            throw failure(
                cause?.isMissing == true
                    ? "the file does not exist; create it, or name another with --config FILE"
                    : "cannot be read: \(cause.map(\.description) ?? error.localizedDescription)",
                cause?.isPermission == true ? .permission : .configuration)
        }
        guard data.count <= largestFile else { throw failure("is larger than the \(largestFile) bytes that are read") }
        guard let text = String(data: data, encoding: .utf8) else { throw failure("is not UTF-8 text") }
        return try parse(text, file: path)
    }

    /// The system's reason why a file cannot be read.
    private static func unreadable(_ path: String) -> SystemError? {
        do {
            _ = try FileSystem().read(RawPath(path), limit: 1, followsLinks: true)
            return nil
        } catch {
            return error as? SystemError
        }
    }

    /// - Parameters:
    ///   - text: YAML.
    ///   - file: names the file in errors; relative paths are relative to its folder.
    package static func parse(_ text: String, file: String) throws(ConfigurationErrors) -> Configuration {
        let collector = ProblemCollector(file: file)
        var configuration = Configuration()
        configuration.file = URL(fileURLWithPath: file).standardizedFileURL.path
        do {
            if let root = try Yams.compose(yaml: text), root.null == nil {
                configuration.read(YAMLCursor(node: root, path: "", collector: collector))
            }
        } catch {
            let (line, message) = syntaxProblem(error)
            collector.report(line, "", message)
        }
        guard collector.problems.isEmpty else { throw collector.errors }
        return configuration
    }

    private mutating func read(_ root: YAMLCursor) {
        guard let entries = root.entries(allowed: Self.keyNames(.top)) else { return }
        let folder = URL(fileURLWithPath: root.collector.file).deletingLastPathComponent()
        if let value = entries["state"]?.path(relativeTo: folder) { state = value }
        if let value = entries["spool"]?.path(relativeTo: folder) { spool = value }
        if let value = entries["workers"]?.workers() { workers = value }
        if let value = entries["scan_interval"]?.duration(atLeast: .milliseconds(100)) { scanInterval = value }
        if let value = entries["max_megapixels"]?.number(
            "a number above 0, up to 10000", where: { $0 > 0 && $0 <= 1e4 })
        {
            maxMegapixels = value
        }
        if let section = entries["retention"] { readRetention(section) }
        if let section = entries["gateway"] { gateway = GatewaySettings(section, folder: folder) }
        let items = entries["lines"]?.items() ?? []
        let read = items.compactMap { item in Line(item, folder: folder).map { (line: $0, place: item) } }
        lines = read.map(\.line)
        reportClashes(read, root)
    }

    private mutating func readRetention(_ section: YAMLCursor) {
        guard let entries = section.entries(allowed: Self.keyNames(.retention)) else { return }
        retention.results = entries["results"]?.duration(atLeast: .seconds(1))
        retention.archive = entries["archive"]?.duration(atLeast: .seconds(1))
        retention.minFree = entries["min_free"]?.size()
    }

    /// The YAML parser's error, as a line and a message.
    private static func syntaxProblem(_ error: any Error) -> (Int, String) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = context.map { " \($0.text.trimmingCharacters(in: .whitespacesAndNewlines))" } ?? ""
            return (mark.line, "is not YAML: \(problem)\(place)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            return (
                context.mark.line, "the key '\(duplicates.joined(separator: "', '").printable)' is given more than once"
            )
        case .reader(let problem, _, _, _):
            return (0, "is not YAML: \(problem)")
        default:
            return (0, "is not YAML: \(error)")
        }
    }
}

extension Configuration.Line {
    /// Nil when the name or the folder is missing or wrong (and reported).
    fileprivate init?(_ place: YAMLCursor, folder: URL) {
        guard let entries = place.entries(allowed: Configuration.keyNames(.line)) else { return nil }
        for key in ["name", "watch"] where entries[key] == nil {
            place.collector.report(
                place.line, place.path, "the key '\(key)' is missing; every line needs name and watch")
        }
        let model = entries["model"]?.identifier()
        let rate = entries["false_alarm_rate"]?.number(Self.openUnitRange, where: { $0 > 0 && $0 < 1 })
        let confidence = entries["confidence"]?.number(Self.openUnitRange, where: { $0 > 0 && $0 < 1 })
        let after = entries["after"]?.choice(Configuration.After.self)
        let followLinks = entries["follow_links"]?.flag()
        let only = entries["only"]?.patterns(areForFolders: false)
        let ignore = entries["ignore"]?.patterns()
        let settle = entries["settle"]?.duration(atLeast: .zero)
        let intensity = entries["intensity"]?.intensity()
        let overlay = entries["overlay"]?.choice(Configuration.OverlayPolicy.self)
        let map = entries["map"]?.choice(Configuration.MapSize.self)
        let gate = entries["gate"]?.identifier()
        let product = entries["product"]?.text()
        if entries["gate"] == nil, let product = entries["product"] {
            product.report("names what the gate must recognise, but the line has no gate; give gate: MODEL too")
        }
        let name = entries["name"]?.identifier()
        let watch = entries["watch"]?.path(relativeTo: folder)
        guard let name, let watch else { return nil }
        self.init(name: name, watch: watch, model: model)
        if let rate { falseAlarmRate = rate }
        if let after { self.after = after }
        if let overlay { self.overlay = overlay }
        if let map { self.map = map }
        images = ImageRule(only: only ?? [], ignore: ignore ?? [], followsLinks: followLinks ?? false)
        if let settle { self.settle = settle }
        if let intensity { self.intensity = intensity }
        self.confidence = confidence
        (self.gate, self.product) = (gate, product)
    }

    private static let openUnitRange = "a number above 0 and below 1, as in 0.01"
}
