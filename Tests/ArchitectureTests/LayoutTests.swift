import Foundation
import Testing

/// The arrows that docs/ARCHITECTURE.md draws are those of the manifest and of the sources.
@Suite struct LayoutTests {
    /// Lines of a table of the document: the first cell's code words, then the second's.
    private static func table(under heading: String) throws -> [(row: String, cells: [String])] {
        let text = try SourceTree.document("docs/ARCHITECTURE.md")
        let section = try #require(text.components(separatedBy: "\n## \(heading)\n").dropFirst().first)
        return section.components(separatedBy: "\n## ")[0].split(separator: "\n").compactMap { line in
            guard line.hasPrefix("| ") else { return nil }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count >= 2, cells[0].hasPrefix("`") || cells[0].first?.isLetter == true else { return nil }
            return (cells[0].replacingOccurrences(of: "`", with: ""), Array(cells.dropFirst()))
        }.filter { !["target", "folder", "step"].contains($0.row) }
    }

    private static func names(_ cell: String) -> Set<String> {
        Set(cell.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
    }

    /// The arrows of the document, by target.
    private static func arrows() throws -> [String: Set<String>] {
        Dictionary(uniqueKeysWithValues: try table(under: "Targets").map { ($0.row, names($0.cells[0])) })
    }

    /// Dependencies of each target as the manifest has them.
    private static func manifest() throws -> [String: Set<String>] {
        // Behind the products, which have the targets' names too.
        let text = try #require(
            try SourceTree.document("Package.swift").components(separatedBy: "\n    targets: [").last)
        var found: [String: Set<String>] = [:]
        let targets = try SourceTree().targets()
        let products = [
            "grdb": "GRDB", "crypto": "Crypto", "yams": "Yams", "logging": "Logging", "lifecycle": "ServiceLifecycle",
            "arguments": "ArgumentParser", "sqlite": "GRDBSQLite", "httpClient": "AsyncHTTPClient",
            "nioCore": "NIOCore", "nioHTTP": "NIOHTTP1", "nioSSL": "NIOSSL",
        ]
        for target in targets {
            let opening =
                text.range(of: "library(\"\(target)\",") ?? text.range(of: "library(\n            \"\(target)\",")
                ?? text.range(of: "name: \"\(target)\",")
            guard let opening else { continue }
            let rest = text[opening.upperBound...]
            guard let open = rest.firstIndex(of: "["), let close = rest[open...].firstIndex(of: "]") else { continue }
            let words = rest[open...close].split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
            found[target] = Set(words.map { products[$0] ?? $0 })
        }
        return found
    }

    @Test func the_manifest_has_the_arrows_of_the_document_and_no_others() throws {
        let arrows = try Self.arrows(), manifest = try Self.manifest()
        #expect(manifest.count >= 12, "\(manifest.keys.sorted())")
        for (target, dependencies) in manifest {
            #expect(
                dependencies == arrows[target],
                "\(target): the manifest has \(dependencies.sorted()), the document \((arrows[target] ?? []).sorted())")
        }
    }

    @Test func a_file_imports_what_its_target_may_use() throws {
        let arrows = try Self.arrows()
        let system: Set<String> = [
            "Foundation", "FoundationEssentials", "Dispatch", "Synchronization", "Glibc", "Swift", "RegexBuilder",
        ]
        for file in try SourceTree().files {
            let allowed = try #require(arrows[file.target], "\(file.target) is not in docs/ARCHITECTURE.md")
            for module in Set(file.imports).subtracting(system) where !allowed.contains(module) {
                Issue.record("\(file.path) imports \(module), which \(file.target) may not use")
            }
        }
    }

    @Test func a_target_uses_each_of_its_arrows() throws {
        let tree = try SourceTree(), arrows = try Self.arrows()
        for target in tree.targets() {
            let imported = Set(tree.files.filter { $0.target == target }.flatMap(\.imports))
            for arrow in arrows[target] ?? [] where !imported.contains(arrow) {
                Issue.record("nothing in \(target) imports \(arrow)")
            }
        }
    }

    /// Folders of a target form no loop: what a folder uses never uses it in turn.
    @Test func folders_of_a_target_depend_on_each_other_in_one_direction() throws {
        let tree = try SourceTree()
        for target in tree.targets() {
            let files = tree.files.filter { $0.target == target && $0.room != nil }
            var home: [String: String] = [:]
            for file in files { for type in file.types { home[type] = file.room } }
            var uses: [String: [String: String]] = [:]
            for file in files {
                guard let room = file.room else { continue }
                let words = file.words
                for (type, other) in home where other != room && words.contains(type[...]) {
                    uses[room, default: [:]][other] = "\(file.name) names \(type)"
                }
            }
            for loop in Self.loops(uses) {
                let steps = zip(loop, loop.dropFirst() + loop.prefix(1)).map { a, b in
                    "\(a) → \(b) (\(uses[a]?[b] ?? ""))"
                }
                Issue.record("\(target): \(steps.joined(separator: ", "))")
            }
        }
    }

    /// One shortest loop through each pair of folders that reach each other.
    private static func loops(_ uses: [String: [String: String]]) -> [[String]] {
        func path(_ start: String, _ goal: String) -> [String]? {
            var before: [String: String] = [:], queue = [start], seen: Set = [start]
            while !queue.isEmpty {
                let room = queue.removeFirst()
                for next in (uses[room] ?? [:]).keys.sorted() where seen.insert(next).inserted {
                    before[next] = room
                    if next == goal {
                        var steps = [goal]
                        while let last = before[steps[0]], last != start { steps.insert(last, at: 0) }
                        return [start] + steps
                    }
                    queue.append(next)
                }
            }
            return nil
        }
        var found: [[String]] = []
        for (room, others) in uses.sorted(by: { $0.key < $1.key }) {
            for other in others.keys.sorted() where room < other || uses[other]?[room] == nil {
                if let back = path(other, room) { found.append([room] + back.dropLast()) }
            }
        }
        return found
    }

    /// The core would know a method by its types, or by its name in a string.
    @Test func the_detection_core_names_no_method() throws {
        let tree = try SourceTree()
        let methods = Set(tree.files.filter { $0.target == "DetectionMethods" }.flatMap(\.types))
        #expect(methods.contains("GRADModel") && methods.contains("MethodRegistry"))
        for file in tree.files where file.target == "DetectionCore" {
            for type in methods where file.words.contains(type[...]) { Issue.record("\(file.path) names \(type)") }
            for name in ["gaussian", "grad", "ganomaly", "gradcon", "odin", "patchcore"]
            where file.text.contains("\"\(name)\"") {
                Issue.record("\(file.path) names the method \(name)")
            }
        }
    }

    @Test func every_method_has_the_same_files_and_a_page() throws {
        let tree = try SourceTree()
        let files = tree.files.filter { $0.target == "DetectionMethods" }
        let methods = files.filter { $0.name.hasSuffix("Model.swift") }.compactMap(\.room)
        #expect(methods.count >= 6)
        for method in methods {
            for part in ["Options", "Model", "Trainer", "Detector", "Arguments"] {
                #expect(
                    files.contains { $0.path == "DetectionMethods/\(method)/\(method)\(part).swift" },
                    "\(method) lacks \(method)\(part).swift")
            }
            #expect(
                (try? SourceTree.document("docs/methods/\(method.uppercased()).md")) != nil, "\(method) has no page")
        }
    }
}
