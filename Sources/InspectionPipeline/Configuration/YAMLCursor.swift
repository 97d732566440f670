import Foundation
import InspectionDomain
import Yams

/// Collects every problem of a file, so that one run reports them all.
final class ProblemCollector {
    let file: String
    private(set) var problems: [ConfigurationProblem] = []

    init(file: String) {
        self.file = file
    }

    func report(_ line: Int, _ key: String, _ message: String) {
        problems.append(ConfigurationProblem(file: file, line: line, key: key, message: message))
    }

    var errors: ConfigurationErrors {
        let order = problems.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }
        return ConfigurationErrors(order.map(\.element))
    }
}

/// A position in a YAML tree that knows its key's path and reports problems of its value.
struct YAMLCursor {
    let node: Node
    let path: String
    let collector: ProblemCollector

    var line: Int { node.mark?.line ?? 0 }

    func report(_ message: String) {
        collector.report(line, path, message)
    }

    /// The entries of a mapping, after reporting unknown keys; nil (and reported) when it is none.
    func entries(allowed: [String]) -> [String: YAMLCursor]? {
        guard let mapping = node.mapping else {
            report("expected keys and values (\(allowed.joined(separator: ", "))), got \(found)")
            return nil
        }
        var entries: [String: YAMLCursor] = [:]
        for (key, value) in mapping {
            let name = key.string ?? "?"
            let keyPath = path.isEmpty ? name.printable : "\(path).\(name.printable)"
            guard allowed.contains(name) else {
                let hint = NearestWord.suggestion(for: name, among: allowed).map { ", did you mean '\($0)'?" } ?? ";"
                collector.report(
                    key.mark?.line ?? line, keyPath, "unknown key\(hint) allowed: \(allowed.joined(separator: ", "))")
                continue
            }
            entries[name] = YAMLCursor(node: value, path: keyPath, collector: collector)
        }
        return entries
    }

    func items() -> [YAMLCursor]? {
        guard let sequence = node.sequence else {
            report("expected a list, got \(found)")
            return nil
        }
        return sequence.enumerated().map { index, node in
            YAMLCursor(node: node, path: "\(path)[\(index)]", collector: collector)
        }
    }

    func text() -> String? {
        guard let scalar = node.scalar, kind == .text else {
            let quote = node.scalar != nil && kind != .nothing ? "; put it in quotes if that is the text" : ""
            report("expected text, got \(found)\(quote)")
            return nil
        }
        return scalar.string
    }

    /// - Parameter allowed: the allowed values, in words.
    func number(_ allowed: String, where test: (Double) -> Bool) -> Double? {
        guard kind == .number, let value = node.float, value.isFinite else {
            report("expected \(allowed), got \(found)")
            return nil
        }
        guard test(value) else {
            report("expected \(allowed), got \((node.scalar?.string ?? "").printable)")
            return nil
        }
        return value
    }

    func choice<Choice: CaseIterable & RawRepresentable>(_ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue)
        if kind == .text, let text = node.scalar?.string, let choice = Choice(rawValue: text) { return choice }
        let hint =
            (node.scalar?.string).flatMap { NearestWord.suggestion(for: $0, among: words) }
            .map { "; did you mean '\($0)'?" } ?? ""
        report("expected \(YAMLCursor.list(words)), got \(found)\(hint)")
        return nil
    }

    /// `archive, keep or delete`
    static func list(_ words: [String]) -> String {
        words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    }

    // The type of the value

    enum Kind { case text, number, truth, nothing, list, mapping, other }

    var kind: Kind {
        switch node {
        case .mapping: return .mapping
        case .sequence: return .list
        case .alias: return .other
        case .scalar:
            switch node.tag.rawValue {
            case Tag.Name.str.rawValue: return .text
            case Tag.Name.int.rawValue, Tag.Name.float.rawValue: return .number
            case Tag.Name.bool.rawValue: return .truth
            case Tag.Name.null.rawValue: return .nothing
            default: return .other
            }
        }
    }

    var found: String {
        let text = node.scalar?.string ?? ""
        switch kind {
        case .text: return "'\(text.printable)'"
        case .number: return "the number \(text)"
        case .truth: return "the boolean \"\(text.printable)\""
        case .nothing: return "nothing"
        case .list: return "a list"
        case .mapping: return "keys and values"
        case .other: return text.isEmpty ? "a special value" : "the special value \(text.printable)"
        }
    }
}
