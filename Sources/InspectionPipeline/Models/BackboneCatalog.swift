import Foundation
import InspectionDomain
import LinuxPlatform
import NeuralNets

/// The backbones a user can name: those installed beside the programs, the built-in one, those imported into the state
/// folder, and any weight file by its path.
///
/// Imported ones lie under `<state>/backbones/<name>.safetensors`, whatever container the file came in, with
/// `architecture` and `dialect` in their metadata, so that nothing has to be guessed again.
package struct BackboneCatalog: Sendable {
    /// The backbone of a fit that names none, where it is installed.
    package static let defaultName = "efficientnet_lite0"

    /// `<state>/backbones`.
    package let folder: String
    package let installed: InstalledBackbones

    package init(folder: String, installed: InstalledBackbones = InstalledBackbones()) {
        (self.folder, self.installed) = (folder, installed)
    }

    /// The origin of a backbone.
    package enum Origin: Sendable, Equatable {
        case builtIn
        case installed(path: String)
        case imported(path: String)

        package var text: String {
            switch self {
            case .builtIn: "built in"
            case .installed(let path): "installed: \(path)"
            case .imported(let path): "imported: \(path)"
            }
        }
    }

    /// Backbones that can be loaded by name, the default first, then the built-in one.
    /// - Throws: `SystemError` when a folder cannot be read.
    package var entries: [(name: String, origin: Origin)] {
        get throws {
            let installed = try installed.files
            let imported = try InstalledBackbones.list(folder).filter { $0.hasSuffix(".safetensors") }.map {
                String($0.dropLast(".safetensors".count))
            }.filter { Identifier.isValid($0) && installed[$0] == nil && $0 != Backbone.builtInName }
            var others =
                installed.map { (name: $0.key, origin: Origin.installed(path: $0.value)) }
                + imported.map { (name: $0, origin: Origin.imported(path: path($0))) }
            others.sort { $0.name < $1.name }
            let first = others.firstIndex { $0.name == Self.defaultName }.map { [others.remove(at: $0)] } ?? []
            return first + [(Backbone.builtInName, .builtIn)] + others
        }
    }

    /// Names that can be loaded.
    package var names: [String] { get throws { try entries.map(\.name) } }

    /// The remark for a user whose fit takes the built-in backbone because the default one is missing; nil where it is
    /// installed.
    package var missingDefault: String? {
        get throws {
            guard try installed.files[Self.defaultName] == nil else { return nil }
            return "warning: the default backbone \(Self.defaultName) is not installed in "
                + "\(installed.folders.joined(separator: ", ")); the built-in \(Backbone.builtInName) is used, which "
                + "finds fewer defects. `make setup` fetches the default one, and the package inspectd contains it"
        }
    }

    /// - Parameter reference: a name or a file's path; nil for the default one, or the built-in one where it is missing.
    /// - Throws: `WeightError`, `ProgramError` for a name that nothing has.
    package func load(_ reference: String?) throws -> Backbone {
        guard let reference else {
            return try installed.files[Self.defaultName].map { try Backbone.load(path: $0) } ?? Backbone.embedded()
        }
        // A path is not looked up among the names: it works for a user who may not read the state folder.
        if reference.contains("/") { return try Backbone.load(path: reference) }
        let isPath = try FileSystem().exists(RawPath(reference))
        let entries = try entries
        switch entries.first(where: { $0.name == reference })?.origin {
        case .builtIn: return try Backbone.embedded()
        case .installed(let path), .imported(let path): return try Backbone.load(path: path)
        case nil: break
        }
        if isPath { return try Backbone.load(path: reference) }
        let remedy = reference == Self.defaultName ? try missingDefault.map { ". " + $0 } ?? "" : ""
        throw ProgramError(
            .noInput,
            "backbone '\(reference.printable)' does not exist; the backbones are "
                + "\(entries.map(\.name).joined(separator: ", ")); "
                + "`inspectctl backbone import FILE` adds one, and a path to a .safetensors or .pth file works too\(remedy)"
        )
    }

    /// Reads a weight file, checks that every tensor of its network is there, and keeps it under a name.
    /// - Parameters:
    ///   - name: the file's own without its extension when nil.
    ///   - architecture: forces what the file's metadata or tensors say.
    ///   - dialect: likewise.
    ///   - source: where the weights come from, for the record.
    ///   - output: a file to write instead of the state folder's.
    /// - Throws: `WeightError`, `ProgramError`, `SystemError`.
    package func importFile(
        _ path: String, as name: String?, architecture: BackboneArchitecture?, dialect: WeightDialect?,
        source: String? = nil, output: String? = nil
    ) throws -> Backbone {
        let backbone = try Backbone.load(path: path, architecture: architecture, dialect: dialect)
        var file = backbone.file
        file.metadata["architecture"] = backbone.architecture.rawValue
        file.metadata["dialect"] = backbone.dialect.rawValue
        if let source { file.metadata["source"] = source }
        if let output {
            try DurableFile.write(try file.encodedAsSafetensors(), to: output)
            return try Backbone.load(path: output)
        }
        let name = name ?? backbone.name
        guard Identifier.isValid(name) else {
            throw ProgramError(
                .usage, "'\(name)' is not a valid backbone name: give one with --name, \(Identifier.allowed)")
        }
        guard name != Backbone.builtInName else {
            throw ProgramError(.usage, "\(name) is the built-in backbone's name: give another one with --name")
        }
        guard try installed.files[name] == nil else {
            throw ProgramError(.usage, "\(name) is an installed backbone's name: give another one with --name")
        }
        try FileSystem().makeFolder(RawPath(folder))
        try DurableFile.write(try file.encodedAsSafetensors(), to: self.path(name))
        return try load(name)
    }

    /// The path of an imported backbone.
    package func path(_ name: String) -> String { "\(folder)/\(name).safetensors" }
}
