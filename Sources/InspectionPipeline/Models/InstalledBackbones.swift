import Foundation
import ImageFolders
import LinuxPlatform
import NeuralNets

/// Weight files that are installed beside the programs, by name: `share/inspectd/backbones/<name>.safetensors`, or
/// `.pth` as their authors publish them.
package struct InstalledBackbones: Sendable {
    /// An environment variable that names the one folder to look in.
    package static let variable = "INSPECTD_BACKBONES"

    /// Searched in this order.
    package let folders: [String]

    package init(folders: [String]) { self.folders = folders }

    /// The folder of the environment; or those of the running program's installation, of its build folder (`.build`),
    /// and of the system.
    package init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        program: URL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    ) {
        if let named = environment[Self.variable], !named.isEmpty {
            folders = [named]
            return
        }
        let bin = program.deletingLastPathComponent()
        var found = [bin.deletingLastPathComponent().appendingPathComponent("share/inspectd/backbones").path]
        if let build = program.pathComponents.lastIndex(of: ".build") {
            found.append(NSString.path(withComponents: Array(program.pathComponents[...build]) + ["backbones"]))
        }
        folders = found + ["/usr/local/share/inspectd/backbones", "/usr/share/inspectd/backbones"]
    }

    /// Paths by name; of several files of one name, the first that is found.
    /// - Throws: `SystemError` for a folder that exists and cannot be read.
    package var files: [String: String] {
        get throws {
            var files: [String: String] = [:]
            for folder in folders {
                for suffix in [".safetensors", ".pth"] {
                    for file in try Self.list(folder) where file.hasSuffix(suffix) {
                        let name = String(file.dropLast(suffix.count))
                        if Identifier.isValid(name), files[name] == nil { files[name] = "\(folder)/\(file)" }
                    }
                }
            }
            return files
        }
    }

    /// Names of a folder's entries; none where it does not exist.
    static func list(_ folder: String) throws -> [String] {
        do {
            return try FileSystem().list(RawPath(folder)).map(\.name.string)
        } catch let error as SystemError where error.isMissing {
            return []
        }
    }
}
