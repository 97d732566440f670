import Foundation
import LinuxPlatform

#if canImport(Glibc)
    import Glibc
#endif

/// Somebody without rights in the plant. Root may read everything, so that the tests of permissions need another user.
enum OtherUser {
    /// `nobody`.
    static let id: UInt32 = 65534

    /// Why there is none; nil when there is.
    static let lacking: String? =
        geteuid() != 0
        ? nil : Programs.installed("setpriv") == nil ? "the tests run as root, and setpriv is not installed" : nil

    /// Runs `inspectctl` as somebody who may not read the folders meanwhile.
    static func control(_ shop: Workshop, _ arguments: [String], forbidden: [URL]) throws -> ProgramRun {
        let whole = arguments + ["--config", shop.configurationFile, "--quiet"]
        for folder in forbidden { chmod(folder.path, 0) }
        defer { for folder in forbidden { chmod(folder.path, 0o755) } }
        guard geteuid() == 0 else { return try ProgramRun("inspectctl", whole) }
        let identity = ["--reuid=\(id)", "--regid=\(id)", "--clear-groups"]
        return try ProgramRun(
            path: Programs.installed("setpriv") ?? "setpriv", identity + [try Programs.path("inspectctl")] + whole)
    }

    /// Gives a tree away.
    static func own(_ folder: URL) throws {
        func give(_ path: String) { lchown(path, id, id) }
        give(folder.path)
        let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        for path in all { give("\(folder.path)/\(path)") }
    }

    /// The entries below a folder that do not belong to `nobody`.
    static func foreign(in folder: URL) -> [String] {
        let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return all.filter { path in
            var info = stat()
            return lstat("\(folder.path)/\(path)", &info) != 0 || info.st_uid != id || info.st_gid != id
        }.sorted()
    }
}
