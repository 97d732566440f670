import Foundation
import InspectionPipeline
import LinuxPlatform
import Synchronization
import TestSupport
import Testing

/// The kernel's limits for inotify.
@Suite struct FolderWatchTests {
    private let log = CollectedLog()

    /// Watches 340 folders, of which the kernel accepts ten.
    private func watch(
        _ folders: [RawPath], refusing code: Int32, of call: String, after allowed: Int, rounds: Int = 1
    ) -> FolderWatch {
        let watched = Mutex<Set<RawPath>>([])
        let watch = FolderWatch(incidents: IncidentLog(logger: log.logger), bell: InboxBell()) { made, folder in
            guard made == call else { return nil }
            return watched.withLock { watched in
                if watched.contains(folder) { return nil }
                guard watched.count < allowed else { return code }
                watched.insert(folder)
                return nil
            }
        }
        for _ in 0..<rounds { watch.watch(folders, scannedEvery: .seconds(5)) }
        return watch
    }

    private func withFolders(_ count: Int, _ body: ([RawPath]) throws -> Void) throws {
        try withTemporaryFolder { root in
            let folders = (0..<count).map { RawPath(root.path) / "sub-\($0)" }
            for folder in folders { try FileSystem().makeFolder(folder, isDurable: false) }
            try body(folders)
        }
    }

    @Test func exhausted_watches_are_one_warning_with_the_number_of_folders_and_the_right_setting() throws {
        try withFolders(340) { folders in
            _ = watch(folders, refusing: ENOSPC, of: "inotify_add_watch", after: 10, rounds: 5)
            #expect(log.messages.count == 1, "\(log.messages)")
            let message = log.messages.first ?? ""
            #expect(message.hasPrefix("warning: 330 of 340 watched folders send no events"), "\(message)")
            #expect(message.contains("scanned every 5s instead"), "\(message)")
            #expect(message.contains("fs.inotify.max_user_watches="), "\(message)")
            #expect(!message.contains("free some space") && !message.contains("max_user_instances"), "\(message)")
        }
    }

    @Test func exhausted_instances_are_one_warning_that_names_their_own_setting() throws {
        try withFolders(3) { folders in
            let watch = watch(folders, refusing: EMFILE, of: "inotify_init1", after: 0, rounds: 5)
            #expect(watch.wait(milliseconds: 0)?.events.count == nil)
            #expect(log.messages.count == 1, "\(log.messages)")
            let message = log.messages.first ?? ""
            #expect(message.contains("no watched folder sends events") && message.contains("scanned every 5s"))
            #expect(message.contains("fs.inotify.max_user_instances="), "\(message)")
            #expect(!message.contains("max_user_watches") && !message.contains("free some space"), "\(message)")
        }
    }

    @Test func a_raised_limit_is_logged_once_when_every_folder_is_watched() throws {
        try withFolders(4) { folders in
            let limit = Mutex(2), watched = Mutex<Set<RawPath>>([])
            let watch = FolderWatch(incidents: IncidentLog(logger: log.logger), bell: InboxBell()) { call, folder in
                guard call == "inotify_add_watch" else { return nil }
                return watched.withLock { watched in
                    if !watched.contains(folder), watched.count >= limit.withLock({ $0 }) { return ENOSPC }
                    watched.insert(folder)
                    return nil
                }
            }
            for raised in [2, 3, 4, 4] {
                limit.withLock { $0 = raised }
                watch.watch(folders, scannedEvery: .seconds(5))
            }
            #expect(log.messages.count == 2, "\(log.messages)")
            #expect(log.messages.last == "notice: all watched folders send events again")
        }
    }

    @Test(arguments: [("inotify_add_watch", ENOSPC), ("inotify_init1", EMFILE), ("inotify_init1", ENOSPC)])
    func exhausted_inotify_watches_are_no_full_disk(call: String, code: Int32) {
        let error = SystemError(call, RawPath("/watch"), code: code)
        #expect(!error.isDiskFull)
        #expect(code != ENOSPC || call != "inotify_add_watch" || "\(error)".contains("max_user_watches"), "\(error)")
        #expect(SystemError("write", RawPath("/a"), code: ENOSPC).isDiskFull)
    }

    @Test func folders_removed_since_the_scan_are_no_failure() throws {
        try withFolders(2) { folders in
            let watch = FolderWatch(incidents: IncidentLog(logger: log.logger), bell: InboxBell())
            watch.watch(folders + [folders[0] / "gone"], scannedEvery: .seconds(5))
            #expect(log.messages.isEmpty)
            try FileSystem().create(folders[1] / "a.jpg", Data())
            #expect(watch.wait(milliseconds: 1000)?.events.isEmpty == false)
        }
    }
}
