/// `exec`: a program of one's own that receives each record on its standard input.
package struct CommandSettings: Sendable, Equatable {
    /// An absolute path.
    package var program: String
    package var arguments: [String]
    /// After this time the program and all that it started are killed.
    package var timeout = Duration.seconds(30)

    package init(program: String, arguments: [String] = []) { (self.program, self.arguments) = (program, arguments) }
}

extension SinkSettings {
    /// `exec: [program, arguments]`, or keys.
    static func command(_ place: YAMLCursor) -> SinkSettings? {
        let isList = place.node.sequence != nil
        let entries = isList ? [:] : place.entries(allowed: Configuration.keyNames(.command))
        guard let entries else { return nil }
        guard let words = isList ? place : entries["command"] else {
            place.report("the key 'command' is missing; give [program, arguments]")
            return nil
        }
        guard let texts = words.items()?.map({ $0.text() }) else { return nil }
        guard let program = texts.first ?? nil, program.hasPrefix("/"), !texts.contains(nil) else {
            words.report(
                "expected [program, arguments] with the program's absolute path (there is no shell and no search path), got "
                    + words.found)
            return nil
        }
        var settings = CommandSettings(program: program, arguments: texts.dropFirst().compactMap(\.self))
        if let timeout = entries["timeout"]?.sinkTimeout() { settings.timeout = timeout }
        return SinkSettings(
            name: entries["name"]?.identifier() ?? "exec", kind: .command(settings), filter: RecordFilter(entries))
    }
}
