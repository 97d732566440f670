import ArgumentParser

/// A command with a subcommand for every method.
enum MethodCommands {
    /// Rewrites the spelling of earlier versions, `fit … --method grad …`, as `fit grad …`.
    /// - Parameter arguments: without the program's name.
    static func current(_ arguments: [String]) -> [String] {
        guard let command = arguments.first, [FitCommand._commandName, EvaluateCommand._commandName].contains(command),
            let index = arguments.firstIndex(where: { $0 == "--method" || $0.hasPrefix("--method=") })
        else { return arguments }
        var rest = arguments
        let option = rest.remove(at: index)
        if let separator = option.firstIndex(of: "=") {
            rest.insert(String(option[option.index(after: separator)...]), at: 1)
        } else if index < rest.count {
            rest.insert(rest.remove(at: index), at: 1)
        } else {
            return arguments
        }
        return rest
    }
}
