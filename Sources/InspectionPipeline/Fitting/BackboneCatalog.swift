import Foundation
import InspectionDomain
import LinuxPlatform
import NeuralNets

/// The backbones a user can name: the built-in one, those imported into the state folder, and any weight file by its
/// path.
///
/// On disk: `<state>/backbones/<name>.safetensors`, whatever container the file came in, with `architecture` and
/// `dialect` in its metadata, so that nothing has to be guessed again.
package struct BackboneCatalog: Sendable {
    /// `<state>/backbones`.
    package let folder: String

    package init(folder: String) {
        self.folder = folder
    }

    /// Names that can be loaded, the built-in one first.
    /// - Throws: `SystemError` when the folder cannot be read.
    package var names: [String] {
        get throws {
            let files: [String]
            do {
                files = try FileSystem().list(RawPath(folder)).map(\.name.string)
            } catch let error as SystemError where error.isMissing {
                files = []
            }
            let imported = files.filter { $0.hasSuffix(".safetensors") }.map {
                String($0.dropLast(".safetensors".count))
            }
            return [Backbone.defaultName] + imported.filter(Identifier.isValid).sorted()
        }
    }

    /// - Parameter reference: nil for the built-in one, the name of an imported one, or a file's path.
    /// - Throws: `WeightError`, `ProgramError` for a name that nothing has.
    package func load(_ reference: String?) throws -> Backbone {
        guard let reference, reference != Backbone.defaultName else { return try Backbone.embedded() }
        // A path is not looked up among the names: it works for a user who may not read the state folder.
        let isPath = try reference.contains("/") || FileSystem().exists(RawPath(reference))
        if reference.contains("/") { return try Backbone.load(path: reference) }
        let names = try names
        if names.contains(reference) { return try Backbone.load(path: path(reference)) }
        if isPath { return try Backbone.load(path: reference) }
        throw ProgramError(
            .noInput,
            "backbone '\(reference.printable)' does not exist; the backbones are \(names.joined(separator: ", ")); "
                + "`inspectctl backbone import FILE` adds one, and a path to a .safetensors or .pth file works too")
    }

    /// Reads a weight file, checks that every tensor of its network is there, and keeps it under a name.
    /// - Parameters:
    ///   - name: the file's own without its extension when nil.
    ///   - architecture: forces what the file's metadata or tensors say.
    ///   - dialect: likewise.
    /// - Throws: `WeightError`, `ProgramError`, `SystemError`.
    package func importFile(
        _ path: String, as name: String?, architecture: BackboneArchitecture?, dialect: WeightDialect?
    ) throws -> Backbone {
        let backbone = try Backbone.load(path: path, architecture: architecture, dialect: dialect)
        let name = name ?? backbone.name
        guard Identifier.isValid(name) else {
            throw ProgramError(
                .usage, "'\(name)' is not a valid backbone name: give one with --name, \(Identifier.allowed)")
        }
        guard name != Backbone.defaultName else {
            throw ProgramError(.usage, "\(name) is the built-in backbone's name: give another one with --name")
        }
        var file = backbone.file
        file.metadata["architecture"] = backbone.architecture.rawValue
        file.metadata["dialect"] = backbone.dialect.rawValue
        try FileSystem().makeFolder(RawPath(folder))
        try DurableFile.write(try file.encodedAsSafetensors(), to: self.path(name))
        return try load(name)
    }

    /// The path of an imported backbone.
    package func path(_ name: String) -> String { "\(folder)/\(name).safetensors" }
}
