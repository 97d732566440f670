import Foundation
import InspectionDomain
import LinuxPlatform
import Logging
import Synchronization

/// inotify for the watched folders. If the kernel's limits refuse it, folders are still scanned every `scan_interval`;
/// one warning names their number and the setting to raise. Confined to the inbox's thread.
package final class FolderWatch {
    private let incidents: IncidentLog
    private let bell: InboxBell
    private let intercept: Inotify.Intercept?
    private var inotify: Inotify?
    private static let noInstance = Cause(.folderUnavailable, "inotify_init1")

    package init(incidents: IncidentLog, bell: InboxBell, intercept: Inotify.Intercept? = nil) {
        (self.incidents, self.bell, self.intercept) = (incidents, bell, intercept)
    }

    /// Watches the folders of one round of scans. Watching a folder again is harmless, and one that was removed and
    /// created again needs it; so does one that was refused before, once the limit is raised.
    ///
    /// - Parameters:
    ///   - folders: all of them, of every line.
    ///   - interval: how often they are scanned.
    package func watch(_ folders: [RawPath], scannedEvery interval: Duration) {
        guard let inotify = open(scannedEvery: interval) else { return }
        var refused: [Int32: (count: Int, first: SystemError)] = [:]
        for folder in folders {
            do {
                try inotify.watch(folder)
            } catch let error as SystemError where error.isMissing {
                // Removed since the scan; the next one sees that.
                continue
            } catch let error as SystemError {
                refused[error.code, default: (0, error)].count += 1
            } catch {
                preconditionFailure("watch throws SystemError: \(error)")
            }
        }
        for code in refusals.subtracting(refused.keys) {
            incidents.ended(Self.cause(code), "all watched folders send events again")
        }
        refusals = Set(refused.keys)
        for (code, (count, first)) in refused {
            incidents.occurred(
                Self.cause(code), level: .warning,
                "\(count) of \(folders.count) watched folders send no events and are scanned every "
                    + "\(Quantity.text(interval)) instead: \(first)\(Self.setting(first))", unit: "folder", total: count
            )
        }
    }

    /// Waits for events.
    /// - Returns: the events; nil without a watch.
    package func wait(milliseconds: Int32) -> Inotify.Batch? { inotify?.wait(milliseconds: milliseconds) }

    /// Drops all watches, including those of lines that are no longer configured.
    package func reset() {
        inotify = nil
        bell.connect(nil)
    }

    /// Errors that folders were refused with last.
    private var refusals: Set<Int32> = []

    private func open(scannedEvery interval: Duration) -> Inotify? {
        if let inotify { return inotify }
        do {
            inotify = try Inotify(intercept: intercept)
            bell.connect(inotify)
            incidents.ended(Self.noInstance, "watched folders send events again")
        } catch {
            let setting = (error as? SystemError).map(Self.setting) ?? ""
            incidents.occurred(
                Self.noInstance, level: .warning,
                "no watched folder sends events; all are scanned every \(Quantity.text(interval)) instead: "
                    + "\(error)\(setting)")
        }
        return inotify
    }

    private static func cause(_ code: Int32) -> Cause { Cause(.folderUnavailable, "inotify_add_watch \(code)") }

    /// The limit in force, and how to raise it.
    private static func setting(_ error: SystemError) -> String {
        let name: String
        switch (error.call, error.code) {
        case ("inotify_add_watch", ENOSPC): name = "max_user_watches"
        case ("inotify_init1", EMFILE): name = "max_user_instances"
        default: return ""
        }
        let text = (try? String(contentsOfFile: "/proc/sys/fs/inotify/\(name)", encoding: .utf8)) ?? ""
        guard let limit = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { return "" }
        return ", now \(limit): sysctl -w fs.inotify.\(name)=\(2 * limit), "
            + "and the same in /etc/sysctl.d/ for the next boot"
    }
}
