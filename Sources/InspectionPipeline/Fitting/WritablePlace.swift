import Foundation
import LinuxPlatform

/// Checks that a path can be written before long work starts.
package enum WritablePlace {
    /// - Parameter path: a file to be created or replaced; its folder may be missing.
    /// - Throws: `ProgramError`.
    package static func check(file path: String) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw ProgramError(.io, "cannot write \(path): it is a folder; name a file")
        }
        let folder = (path as NSString).deletingLastPathComponent
        try check(folder: folder.isEmpty ? "." : folder)
    }

    /// Makes an empty file where a folder is, or would be made, and removes it again.
    /// - Throws: `ProgramError`.
    package static func check(folder path: String) throws {
        var place = path
        var isFolder: ObjCBool = false
        while !FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) {
            let parent = (place as NSString).deletingLastPathComponent
            place = parent.isEmpty ? "." : parent
        }
        guard isFolder.boolValue else { throw ProgramError(.io, "cannot write into \(path): \(place) is not a folder") }
        let probe = RawPath("\(place)/.inspectctl-\(ProcessInfo.processInfo.processIdentifier)")
        do {
            try FileSystem().create(probe, Data())
            try FileSystem().removeTree(probe)
        } catch {
            throw ProgramError(
                .io, "cannot write into \(path): \(error); nothing was computed. Make it writable for this user")
        }
    }
}
