import ArgumentParser

@main
struct Inspectd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspectd", abstract: "Inspects pictures that cameras write into watched folders.")
}
