import Testing

/// The list in docs/ARCHITECTURE.md under "The life of a frame" is the way that a frame really goes.
@Suite struct FrameLifeListTests {
    struct Step {
        let path: String
        let function: String
    }

    private static func steps() throws -> [Step] {
        let text = try SourceTree.document("docs/ARCHITECTURE.md")
        let section = try #require(text.components(separatedBy: "\n## The life of a frame\n").dropFirst().first)
        return section.components(separatedBy: "\n## ")[0].split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.split(separator: "`") }
            // | 1 | `Target/Folder/File.swift` | `function` | what it does |
            guard line.hasPrefix("| "), cells.count >= 4, cells[1].count >= 2, cells[2].count >= 2,
                cells[1][1].hasSuffix(".swift")
            else { return nil }
            return Step(path: String(cells[1][1]), function: String(cells[2][1]))
        }
    }

    @Test func each_step_is_called_by_a_step_before_it() throws {
        let tree = try SourceTree(), steps = try Self.steps()
        #expect((8...16).contains(steps.count), "\(steps.count) steps")
        var before: [SourceTree.File] = []
        for step in steps {
            let file = try #require(tree.files.first { $0.path == step.path }, "there is no Sources/\(step.path)")
            #expect(file.code.contains("func \(step.function)("), "\(step.path) has no function \(step.function)")
            if !before.isEmpty {
                #expect(
                    before.contains { $0.code.contains("\(step.function)(") },
                    "no step before it calls \(step.function) of \(step.path)")
            }
            before.append(file)
        }
    }
}
