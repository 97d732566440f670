import Foundation
import InspectionDomain
import LinuxPlatform

/// Paths of the store's files, and reading them.
extension ModelStore {
    func path(_ name: String, _ version: Int) -> String { "\(folder)/\(name)/\(version)" }
    /// The folder of a version's fit report.
    package func reportPath(_ name: String, _ version: Int) -> String { path(name, version) + "/report" }
    func activePath(_ name: String) -> String { "\(folder)/\(name)/active.json" }

    package func modelPath(_ name: String, _ version: Int) -> String { path(name, version) + "/model.safetensors" }

    func calibrationPath(_ name: String, _ version: Int, _ id: String) -> String {
        path(name, version) + "/calibrations/\(id).json"
    }

    /// - Throws: `SystemError` if existence cannot be determined, for example for lack of permission.
    func exists(_ path: String) throws -> Bool { try FileSystem().exists(RawPath(path)) }

    /// Names in a folder, sorted; none where there is no folder.
    /// - Throws: `SystemError` where it cannot be listed.
    func entries(_ path: String) throws -> [String] {
        do {
            return try FileSystem().list(RawPath(path)).map(\.name.string).sorted()
        } catch let error as SystemError where error.isMissing {
            return []
        }
    }

    /// The highest version, including those whose record is lost: a number is never used twice.
    func highestVersion(of name: String) throws -> Int? {
        try entries("\(folder)/\(name)").compactMap(Int.init).max()
    }

    func requireModel(_ name: String) throws {
        guard try exists(activePath(name)) else {
            let known = try names()
            let list =
                known.isEmpty ? "no model has been fitted yet" : "the models are \(known.joined(separator: ", "))"
            throw ModelStoreError(
                .missing,
                "model '\(name.printable)' does not exist in \(folder); \(list); "
                    + "fit one with `inspectctl fit --line LINE --normal DIR`"
            )
        }
    }

    func requireVersion(_ name: String, _ version: Int) throws {
        try requireModel(name)
        try requireStored(name, version)
    }

    /// Also accepts a model none of whose versions is in service yet.
    func requireStored(_ name: String, _ version: Int) throws {
        guard try exists(path(name, version) + "/model.json") else {
            let known = try versions(of: name)
            guard !known.isEmpty else { return try requireModel(name) }
            let list = known.map(String.init).joined(separator: ", ")
            throw ModelStoreError(.missing, "model \(name) has no version \(version); it has \(list)")
        }
    }

    func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        let data = try contents(path)
        do {
            return try DomainJSON.decoder().decode(type, from: data)
        } catch {
            throw ModelStoreError(.damaged, "\(path) is damaged: \(error); restore it, or fit the model again")
        }
    }

    /// - Throws: `ModelStoreError` for a file that is gone, `SystemError` for one that cannot be read.
    func contents(_ path: String) throws -> Data {
        do {
            return try FileSystem().read(RawPath(path), limit: .max, followsLinks: true)
        } catch let error as SystemError where error.isMissing {
            throw ModelStoreError(
                .missing, "\(path) is missing: restore it, or activate another version (`inspectctl model list`)")
        }
    }

    /// Runs `body` while no other program changes this model.
    func locked<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
        try FileSystem().makeFolder(RawPath("\(folder)/\(name)"))
        let lock = try FileLock(path: "\(folder)/\(name)/.lock")
        return try withExtendedLifetime(lock) { try body() }
    }
}
