import Foundation
import InspectionBenchmarks

/// Measures the ratios of a file of thresholds (the first argument, else the package's own), all or those named behind it, and
/// exits with 1 when one is above its threshold.
@main
struct Benchmarks {
    private static let rounds = 15

    static func main() {
        do {
            exit(try run(CommandLine.arguments.dropFirst()) ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("benchmarks: \(error)\n".utf8))
            exit(70)
        }
    }

    /// - Returns: whether every ratio is within its threshold.
    private static func run(_ arguments: ArraySlice<String>) throws -> Bool {
        let all = try Threshold.read(arguments.first ?? Threshold.file), wanted = arguments.dropFirst()
        if let unknown = wanted.first(where: { all[$0] == nil }) {
            throw Mistake("no threshold \(unknown); there are \(all.keys.sorted().joined(separator: ", "))")
        }
        let threads = ProcessInfo.processInfo.activeProcessorCount
        print(Comparison.heading)
        var isWithin = true
        for (name, threshold) in Threshold.ordered(all) where wanted.isEmpty || wanted.contains(name) {
            let comparison = try Comparison(name, threshold, threads: threads, rounds: rounds)
            print(comparison.line)
            fflush(nil)
            isWithin = isWithin && comparison.isWithin
        }
        return isWithin
    }
}

/// A problem of the command or a file, in words.
struct Mistake: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
