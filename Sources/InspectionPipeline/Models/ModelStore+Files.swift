import Foundation
import InspectionDomain
import LinuxPlatform

/// Where things lie, and how they are read.
extension ModelStore {
    func path(_ name: String, _ version: Int) -> String { "\(folder)/\(name)/\(version)" }
    /// The folder of a version's fit report.
    public func reportPath(_ name: String, _ version: Int) -> String { path(name, version) + "/report" }
    func activePath(_ name: String) -> String { "\(folder)/\(name)/active.json" }

    public func modelPath(_ name: String, _ version: Int) -> String { path(name, version) + "/model.safetensors" }

    func calibrationPath(_ name: String, _ version: Int, _ id: String) -> String {
        path(name, version) + "/calibrations/\(id).json"
    }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    func entries(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// Also of versions whose record is lost: a number is never used twice.
    func highestVersion(of name: String) -> Int? {
        entries("\(folder)/\(name)").compactMap(Int.init).max()
    }

    func requireModel(_ name: String) throws {
        guard exists(activePath(name)) else {
            let known = names()
            let list = known.isEmpty ? "there are no models yet" : "there are \(known.joined(separator: ", "))"
            throw ModelStoreError(
                .missing,
                "there is no model '\(name)' in \(folder); \(list); fit one with `inspectctl fit --line LINE --normal DIR`"
            )
        }
    }

    func requireVersion(_ name: String, _ version: Int) throws {
        try requireModel(name)
        guard exists(path(name, version) + "/model.json") else {
            let known = versions(of: name).map(String.init).joined(separator: ", ")
            throw ModelStoreError(.missing, "model \(name) has no version \(version); it has \(known)")
        }
    }

    func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ModelStoreError(.damaged, "cannot read \(path): check that it exists and who may read it")
        }
        do {
            return try DomainJSON.decoder().decode(type, from: data)
        } catch {
            throw ModelStoreError(.damaged, "\(path) is damaged: \(error); restore it, or fit the model again")
        }
    }

    /// Runs `body` while no other program changes this model.
    func locked<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
        try FileSystem().makeFolder(RawPath("\(folder)/\(name)"))
        let lock = try FileLock(path: "\(folder)/\(name)/.lock")
        return try withExtendedLifetime(lock) { try body() }
    }
}
