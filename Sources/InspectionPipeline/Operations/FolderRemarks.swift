import ImageFolders
import LinuxPlatform

/// The files in the lines' folders that are not frames and stay where they are. That is no error, but an operator may
/// expect otherwise.
package enum FolderRemarks {
    /// A sentence for each line that has something to remark on.
    package static func remarks(of configuration: Configuration) -> [String] {
        configuration.lines.flatMap { line -> [String] in
            var folder = ImageFolder(
                RawPath(line.watch), rule: line.images,
                excluding: [configuration.state, configuration.spool].map { RawPath($0) })
            // A folder that cannot be read is a problem that the check has found.
            guard let scan = try? folder.scan() else { return [] }
            let unreadable = scan.unreadable.map {
                "warning: line \(line.name): \($0.error); the folder is skipped until the user of inspectd can read it"
            }
            guard !scan.skipped.isEmpty else { return unreadable }
            return unreadable + ["line \(line.name): skipped in \(line.watch): \(scan.skipped.text)"]
        }
    }
}
