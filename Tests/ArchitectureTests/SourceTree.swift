import Foundation

/// The project's sources as text: which file stands in which room, what it declares and what it uses.
struct SourceTree {
    struct File {
        /// Below `Sources`: `TensorCore/Ops/Pooling.swift`.
        let path: String
        let text: String
        /// Without comments and string literals' contents, so that a word found here is used.
        let code: String

        var target: String { String(path.prefix { $0 != "/" }) }
        /// The folder directly below the target; nil for files beside it.
        var room: String? {
            let parts = path.split(separator: "/")
            return parts.count > 2 ? String(parts[1]) : nil
        }
        var name: String { String(path.split(separator: "/").last ?? "") }
    }

    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    let files: [File]

    /// - Parameter folder: below the project.
    init(_ folder: String = "Sources", suffixes: [String] = ["swift"]) throws {
        let root = Self.project.appendingPathComponent(folder).resolvingSymlinksInPath()
        let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        files = try names.filter { name in suffixes.contains { name.hasSuffix("." + $0) } && !name.contains(".build") }
            .sorted()
            .map { name in
                let text = try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
                return File(path: name, text: text, code: Self.code(text))
            }
    }

    func targets() -> [String] { Set(files.map(\.target)).sorted() }

    static func document(_ path: String) throws -> String {
        try String(contentsOf: project.appendingPathComponent(path), encoding: .utf8)
    }

    /// Comments and the contents of plain strings blanked.
    private static func code(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var out = "", inString = false, last: Character = " "
            for character in line {
                if character == "\"", last != "\\" { inString.toggle() }
                if !inString, character == "/", last == "/" { return String(out.dropLast()) }
                out.append(inString ? " " : character)
                last = character
            }
            return out
        }.joined(separator: "\n")
    }
}

extension SourceTree.File {
    /// Modules that the file imports.
    var imports: [String] {
        code.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index < 2, index + 1 < words.count else { return nil }
            return String(words[index + 1])
        }
    }

    /// Types that the file declares at its top level.
    var types: [String] {
        let kinds: Set<Substring> = ["struct", "enum", "class", "actor", "protocol", "typealias"]
        return code.split(separator: "\n").compactMap { line in
            guard let first = line.first, first.isLetter || first == "@" else { return nil }
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            guard let index = words.firstIndex(where: kinds.contains), index + 1 < words.count,
                !words.prefix(index).contains("private"), !words.prefix(index).contains("extension")
            else { return nil }
            return String(words[index + 1])
        }
    }

    /// Every word of the code.
    var words: Set<Substring> { Set(code.split { !($0.isLetter || $0.isNumber || $0 == "_") }) }

    /// Functions with their lengths in lines, by indentation: a declaration ends where its closing brace stands.
    var functions: [(name: String, lines: Int)] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var found: [(String, Int)] = []
        for (start, line) in lines.enumerated() {
            let indent = line.prefix { $0 == " " }.count
            let words = line.drop { $0 == " " }.split { $0 == " " || $0 == "(" || $0 == "<" }
            let modifiers: Set<Substring> = [
                "public", "package", "private", "fileprivate", "static", "mutating", "override", "final", "convenience",
                "nonisolated", "consuming", "borrowing",
            ]
            guard let keyword = words.first(where: { !modifiers.contains($0) && !$0.hasPrefix("@") }),
                ["func", "init", "init?"].contains(keyword)
            else { continue }
            let closing = String(repeating: " ", count: indent) + "}"
            let end = lines[start...].firstIndex { $0 == closing[...] } ?? start
            // A declaration without a body, or with one on its own line, ends before the next closing brace.
            let next = lines[(start + 1)...].firstIndex { other in
                let own = other.prefix { $0 == " " }.count
                return own <= indent && !other.isEmpty && !other.dropFirst(own).hasPrefix(")")
                    && !other.dropFirst(own).hasPrefix("{") && !other.dropFirst(own).hasPrefix("where")
            }
            if let next, next < end { continue }
            found.append((String(line.drop { $0 == " " }), end - start + 1))
        }
        return found
    }
}
