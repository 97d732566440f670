import Testing

@Suite struct SizeTests {
    @Test func no_file_is_longer_than_400_lines() throws {
        for folder in ["Sources", "Tests"] {
            let tree = try SourceTree(folder, suffixes: ["swift", "c", "h"])
            #expect(tree.files.count > 100)
            for file in tree.files {
                let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
                #expect(lines <= 401, "\(folder)/\(file.path) has \(lines) lines")
            }
        }
    }

    @Test func no_function_is_longer_than_60_lines() throws {
        let tree = try SourceTree()
        #expect(tree.files.reduce(0) { $0 + $1.functions.count } > 1000)
        for file in tree.files {
            for function in file.functions where function.lines > 60 {
                Issue.record("\(file.path): \(function.name) has \(function.lines) lines")
            }
        }
    }
}
