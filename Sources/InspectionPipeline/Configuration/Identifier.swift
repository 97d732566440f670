/// Names of lines and models: they become names of folders.
package enum Identifier {
    package static let allowed = "1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit"

    package static func isValid(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        guard (1...64).contains(scalars.count), let first = scalars.first else { return false }
        func plain(_ scalar: Unicode.Scalar) -> Bool {
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        }
        return plain(first) && scalars.allSatisfy { plain($0) || $0 == "." || $0 == "_" || $0 == "-" }
    }
}
