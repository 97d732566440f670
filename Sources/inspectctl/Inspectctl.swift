import ArgumentParser

@main
struct Inspectctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspectctl", abstract: "Fits, calibrates, evaluates and steers inspectd.")
}
