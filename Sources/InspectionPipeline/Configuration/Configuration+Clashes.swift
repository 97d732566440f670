import Foundation

/// Lines that exclude each other: one name twice, or folders of which one contains the other.
extension Configuration {
    func reportClashes(_ read: [(line: Line, place: YAMLCursor)], _ root: YAMLCursor) {
        for (index, later) in read.enumerated() {
            for earlier in read[..<index] {
                if earlier.line.name == later.line.name {
                    later.place.at("name").report(
                        "the name '\(later.line.name)' is taken by the line at \(earlier.place.at("name").line); "
                            + "names of lines are unique")
                }
                if let relation = Self.overlap(later.line.watch, earlier.line.watch) {
                    later.place.at("watch").report(
                        "\(later.line.watch) \(relation) \(earlier.line.watch), which line "
                            + "'\(earlier.line.name)' watches (at \(earlier.place.at("watch").line)); "
                            + "folders are watched with their subfolders, so lines need separate ones")
                }
            }
            for (key, folder) in [("state", state), ("spool", spool)] {
                if let relation = Self.overlap(later.line.watch, folder) {
                    later.place.at("watch").report(
                        "\(later.line.watch) \(relation) \(folder), the \(key) folder; frames must arrive elsewhere")
                }
            }
        }
        if state == spool {
            root.at("spool").report("\(spool) is the state folder too; give the spool a folder of its own")
        }
    }

    /// `is the same folder as`, `is inside` or `contains`, symbolic links followed; nil when the folders are separate.
    private static func overlap(_ a: String, _ b: String) -> String? {
        let a = URL(fileURLWithPath: a).resolvingSymlinksInPath().path
        let b = URL(fileURLWithPath: b).resolvingSymlinksInPath().path
        if a == b { return "is the same folder as" }
        if a.hasPrefix(b + "/") { return "is inside" }
        if b.hasPrefix(a + "/") { return "contains" }
        return nil
    }
}

extension YAMLCursor {
    /// The value of a key of this mapping, or this place when the key is not there.
    fileprivate func at(_ key: String) -> YAMLCursor {
        guard let value = node.mapping?[key] else { return self }
        return YAMLCursor(node: value, path: path.isEmpty ? key : "\(path).\(key)", collector: collector)
    }
}
