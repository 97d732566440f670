import Foundation
import Imaging
import ImageFolders
import InspectionDomain
import Yams

/// The kinds of values that a configuration is made of.
extension YAMLCursor {
    func duration(atLeast least: Duration) -> Duration? {
        if node.scalar?.string == "never", least >= .seconds(1) { return nil }
        guard let scalar = node.scalar, let value = Quantity.duration(scalar.string) else {
            report("expected \(Quantity.durationsAllowed), got \(found)")
            return nil
        }
        guard value >= least else {
            report("expected at least \(least.inSeconds) s, got \(scalar.string)")
            return nil
        }
        return value
    }

    func size() -> Int? {
        guard let scalar = node.scalar, let value = Quantity.size(scalar.string) else {
            report("expected \(Quantity.sizesAllowed), got \(found)")
            return nil
        }
        return value
    }

    func flag() -> Bool? {
        guard let value = node.bool else {
            report("expected true or false, got \(found)")
            return nil
        }
        return value
    }

    /// `auto`, `12bit` or `[LOW, HIGH]`.
    func intensity() -> IntensitySetting? {
        let setting: IntensitySetting?
        if let items = node.sequence {
            let numbers = items.compactMap(\.int)
            setting =
                items.count == 2 && numbers.count == 2 ? IntensitySetting(low: numbers[0], high: numbers[1]) : nil
        } else {
            setting = node.scalar.flatMap { IntensitySetting($0.string) }
        }
        if setting == nil { report("expected \(IntensitySetting.allowed), got \(found)") }
        return setting
    }

    func workers() -> Configuration.Workers? {
        if node.scalar?.string == "auto" { return .auto }
        guard let count = node.int, (1...256).contains(count) else {
            report("expected auto, or a whole number from 1 to 256, got \(found)")
            return nil
        }
        return .count(count)
    }

    /// An absolute path without `.` and `..`.
    func path(relativeTo folder: URL) -> String? {
        guard let text = text() else { return nil }
        guard !text.isEmpty, !text.hasPrefix("~"), !text.contains("$"), !text.contains("\0") else {
            report("expected a path ('~' and '$' are not expanded), got \(found)")
            return nil
        }
        let url = URL(fileURLWithPath: text, relativeTo: folder).standardizedFileURL
        guard url.path != "/" else {
            report("expected a folder of its own, got the root of the file system")
            return nil
        }
        return url.path
    }

    /// Patterns of file names, and of folder names where a pattern ends with `/`.
    /// - Parameter areForFolders: whether such patterns are allowed.
    func patterns(areForFolders: Bool = true) -> [NamePattern]? {
        items()?.compactMap { item in
            guard let text = item.text() else { return nil }
            guard let pattern = NamePattern(text), areForFolders || !pattern.isForFolders else {
                item.report(
                    "expected a pattern of file names such as \"*.jpg\" or \"raw/*.png\""
                        + (areForFolders ? ", or of folder names such as \"@eaDir/\"" : "") + ", got \(item.found)")
                return nil
            }
            return pattern
        }
    }

    /// A name that is safe as a folder's.
    func identifier() -> String? {
        guard let text = text() else { return nil }
        guard Identifier.isValid(text) else {
            report("expected \(Identifier.allowed), got \(found)")
            return nil
        }
        return text
    }
}
