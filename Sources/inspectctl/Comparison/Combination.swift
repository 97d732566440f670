import Foundation

/// A method with a backbone and an input size, to be compared with others.
struct Combination {
    let method: String
    /// Nil for methods with a network of their own.
    let backbone: String?
    /// Nil for the method's own.
    let inputSize: Int?

    var text: String {
        [method, backbone.map { "on \(URL(fileURLWithPath: $0).lastPathComponent)" }, inputSize.map { "at \($0)" }]
            .compactMap { $0 }.joined(separator: " ")
    }

    var arguments: [String] {
        (backbone.map { ["--backbone", $0] } ?? []) + (inputSize.map { ["--input-size", "\($0)"] } ?? [])
    }

    /// A file's name.
    var stem: String { text.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? String($0) : "-" }.joined() }
}
