import ArgumentParser
import Foundation
import InspectionPipeline

/// Shell completions of values that only this installation knows. A failed completion offers nothing and is silent.
extension CompletionKind {
    /// Names of the configuration's lines.
    static let lines = CompletionKind.custom { words, _, _ in Plant(words)?.lines ?? [] }
    /// Names of stored models.
    static let models = CompletionKind.custom { words, _, _ in Plant(words)?.models ?? [] }
    /// Names of backbones.
    static let backbones = CompletionKind.custom { words, _, _ in Plant(words)?.backbones ?? [] }
    /// Names of backbones, or a file.
    static let modelsAndFiles = CompletionKind.custom { words, _, prefix in
        (Plant(words)?.models ?? []) + Plant.paths(beginning: prefix)
    }
    static let backbonesAndFiles = CompletionKind.custom { words, _, prefix in
        (Plant(words)?.backbones ?? []) + Plant.paths(beginning: prefix)
    }
    /// Ids of frames in the quarantine.
    static let quarantined = CompletionKind.custom { words, _, _ in Plant(words)?.quarantined ?? [] }
    /// Reasons why a frame can be in the quarantine.
    static let codes = CompletionKind.custom { words, _, _ in
        let found = Plant(words)?.codes ?? []
        return Set(found + knownCodes).sorted()
    }

    private static let knownCodes = [
        "truncated", "corrupt", "unsupported", "too-large", "empty", "permission", "crashed-twice", "internal",
    ]
}

/// The installation that the command line being typed refers to.
private struct Plant {
    let configuration: Configuration

    /// Nil when its configuration cannot be read.
    init?(_ words: [String]) {
        let named = words.firstIndex(of: "--config").flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
        guard let configuration = try? Configuration.load(path: named ?? Configuration.defaultPath) else { return nil }
        self.configuration = configuration
    }

    var lines: [String] { configuration.lines.map(\.name) }
    var models: [String] { (try? ModelStore(folder: configuration.modelsPath).names()) ?? [] }
    var backbones: [String] { (try? BackboneCatalog(folder: configuration.backbonesPath).names) ?? [] }

    /// Files and folders that complete a path.
    static func paths(beginning prefix: String) -> [String] {
        let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.map { folder + $0 }.filter { $0.hasPrefix(prefix) }.sorted()
    }

    private var reasons: [Requeue.Entry] { (try? Requeue(configuration).entries()) ?? [] }
    var quarantined: [String] { reasons.map(\.reason.resultID) }
    var codes: [String] { reasons.map(\.reason.error.code) }
}
