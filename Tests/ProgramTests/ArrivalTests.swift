import Foundation
import InspectionDomain
import LinuxPlatform
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

extension ProgramTests {
    /// Arrivals by cameras, uploads and storage devices in a watched folder.
    @Suite struct Arrivals {
        private func handle(_ shop: Workshop, _ name: String) throws -> FileHandle {
            let file = shop.watched().appendingPathComponent(name)
            try Data().write(to: file)
            return try FileHandle(forWritingTo: file)
        }

        @Test func an_upload_that_pauses_is_inspected_once_and_whole() throws {
            try Workshop.open(lines: [.init(settle: "3s")]) { shop in
                let picture = try Pictures.defective(3)
                try shop.withDaemon { _ in
                    let upload = try handle(shop, "paused.jpg")
                    try upload.write(contentsOf: picture.prefix(700))
                    usleep(1_500_000)
                    try upload.write(contentsOf: picture.dropFirst(700))
                    usleep(500_000)
                    #expect(try shop.results().isEmpty, "its writer has it open still")
                    try upload.close()
                    try shop.waitForResults(1)
                }
                let results = try shop.results()
                #expect(results.count == 1 && results[0].inspection.verdict == .anomalous)
                #expect(try shop.archived() == [picture])
            }
        }

        @Test func a_file_that_is_made_empty_and_filled_later_is_not_called_empty() throws {
            try Workshop.open(lines: [.init(settle: "3s")]) { shop in
                let picture = try Pictures.flawless(3)
                let file = shop.watched().appendingPathComponent("later.jpg")
                try shop.withDaemon { _ in
                    try Data().write(to: file)
                    usleep(1_500_000)
                    #expect(try shop.results().isEmpty)
                    try picture.write(to: file)
                    try shop.waitForResults(1)
                }
                #expect(try shop.results().map(\.inspection.verdict) == [.normal])
                #expect(try shop.alerts().isEmpty)
            }
        }

        @Test func an_upload_slower_than_it_settles_is_inspected_when_it_is_done() throws {
            try Workshop.open { shop in
                let picture = try Pictures.defective(4)
                try shop.withDaemon { daemon in
                    let upload = try handle(shop, "slow.jpg")
                    try upload.write(contentsOf: picture.prefix(700))
                    try shop.waitForResults(1)
                    #expect(try shop.results().map(\.inspection.error?.code) == ["truncated"])
                    #expect(try shop.quarantine().count == 1)
                    // The writer continues in the moved file.
                    try upload.write(contentsOf: picture.dropFirst(700))
                    try upload.close()
                    try shop.waitForResults(2)
                    try daemon.waitForLog("its writer continued after it was set aside")
                }
                let records = try shop.history().sorted { $0.createdAt < $1.createdAt }
                try #require(records.count == 2)
                #expect(records[0].verdict == .error && records[0].supersededBy == records[1].resultID)
                #expect(records[1].verdict == .anomalous && records[1].supersedes == records[0].resultID)
                #expect(records[0].image.path == records[1].image.path)
                #expect(try shop.archived() == [picture])
                #expect(try shop.quarantine().isEmpty)
                let onDisk = try shop.results().first { $0.inspection.verdict == .error }
                #expect(onDisk?.inspection.supersededBy == records[1].resultID)
            }
        }

        @Test func a_frame_set_aside_unfinished_is_inspected_by_the_next_process_too() throws {
            try Workshop.open { shop in
                let picture = try Pictures.flawless(4)
                let upload = try handle(shop, "slow.jpg")
                try upload.write(contentsOf: picture.prefix(700))
                try shop.withDaemon { _ in try shop.waitForResults(1) }
                try upload.write(contentsOf: picture.dropFirst(700))
                try upload.close()
                try shop.withDaemon { _ in try shop.waitForResults(2) }
                #expect(try shop.history().map(\.verdict).sorted { $0.rawValue < $1.rawValue } == [.error, .normal])
                #expect(try shop.quarantine().isEmpty)
            }
        }

        @Test func a_line_that_keeps_its_frames_inspects_an_unfinished_one_again_when_it_is_done() throws {
            try Workshop.open(lines: [.init(after: "keep")]) { shop in
                let picture = try Pictures.flawless(5)
                try shop.withDaemon { _ in
                    let upload = try handle(shop, "slow.jpg")
                    try upload.write(contentsOf: picture.prefix(700))
                    try shop.waitForResults(1)
                    try upload.write(contentsOf: picture.dropFirst(700))
                    try upload.close()
                    try shop.waitForResults(2)
                }
                let records = try shop.history().sorted { $0.createdAt < $1.createdAt }
                try #require(records.count == 2)
                #expect(records[0].supersededBy == records[1].resultID && records[1].verdict == .normal)
                #expect(shop.files(in: shop.watched()) == ["slow.jpg"])
            }
        }

        /// Ways to write a file, each with pauses of its own.
        private enum Habit: Int, CaseIterable {
            case slow, preallocating, rewriting, appending, renaming, emptyFirst

            func write(_ picture: Data, to file: URL) throws {
                let pause = { _ = usleep(UInt32.random(in: 20_000...300_000)) }
                let half = picture.count / 2
                switch self {
                case .slow, .emptyFirst:
                    try Data().write(to: file)
                    pause()
                    let handle = try FileHandle(forWritingTo: file)
                    for part in [picture.prefix(half), picture.dropFirst(half)] {
                        try handle.write(contentsOf: part)
                        pause()
                    }
                    try handle.close()
                case .preallocating, .rewriting:
                    try Data(count: self == .preallocating ? picture.count : 0).write(to: file)
                    let handle = try FileHandle(forWritingTo: file)
                    pause()
                    try handle.write(contentsOf: picture.prefix(half))
                    pause()
                    try handle.seek(toOffset: 0)
                    try handle.write(contentsOf: picture)
                    pause()
                    try handle.close()
                case .appending:
                    try picture.prefix(half).write(to: file)
                    pause()
                    let handle = try FileHandle(forWritingTo: file)
                    try handle.seekToEnd()
                    try handle.write(contentsOf: picture.dropFirst(half))
                    try handle.close()
                case .renaming:
                    let hidden = file.deletingLastPathComponent().appendingPathComponent("." + file.lastPathComponent)
                    try picture.write(to: hidden)
                    pause()
                    try FileManager.default.moveItem(at: hidden, to: file)
                }
            }
        }

        @Test func six_writers_at_once_have_every_frame_inspected_once_and_whole() throws {
            try Workshop.open(lines: [.init(settle: "5s")]) { shop in
                let pictures = try (0..<30).map { try Pictures.flawless(400 + $0) }
                let failures = Mutex<[String]>([])
                try shop.withDaemon { _ in
                    DispatchQueue.concurrentPerform(iterations: Habit.allCases.count) { writer in
                        for index in stride(from: writer, to: pictures.count, by: Habit.allCases.count) {
                            let file = shop.watched().appendingPathComponent("part \(index).jpg")
                            do {
                                try Habit.allCases[writer].write(pictures[index], to: file)
                            } catch {
                                failures.withLock { $0.append("\(error)") }
                            }
                        }
                    }
                    try shop.waitForResults(pictures.count)
                }
                #expect(failures.withLock { $0 } == [])
                let verdicts = try shop.results().map(\.inspection.verdict)
                #expect(verdicts.count == pictures.count && !verdicts.contains(.error))
                #expect(Set(try shop.archived()) == Set(pictures))
            }
        }

        /// Whether `/dev/shm` can hold a spool on another file system than temporary folders.
        static let hasOtherFileSystem: Bool = {
            let files = FileSystem()
            guard let memory = try? files.status(RawPath("/dev/shm")),
                let temporary = try? files.status(RawPath(FileManager.default.temporaryDirectory.path))
            else { return false }
            return memory.device != temporary.device && access("/dev/shm", W_OK) == 0
        }()

        @Test(
            .enabled(
                if: hasOtherFileSystem, "needs /dev/shm, writable and another file system than the temporary folder"))
        func a_file_that_is_still_open_is_not_copied_to_another_disk() throws {
            let spool = "/dev/shm/inspectd-test-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: spool) }
            try withTemporaryFolder { folder in
                let shop = Workshop(root: folder, spoolPath: spool)
                try shop.configure([.init()])
                try FittedModel.install(in: shop.state)
                let picture = try Pictures.defective(6)
                try shop.withDaemon { _ in
                    let upload = try handle(shop, "slow.jpg")
                    try upload.write(contentsOf: picture.prefix(700))
                    usleep(3_000_000)
                    #expect(try shop.results().isEmpty)
                    try upload.write(contentsOf: picture.dropFirst(700))
                    try upload.close()
                    try shop.waitForResults(1)
                }
                #expect(try shop.results().map(\.inspection.verdict) == [.anomalous])
                #expect(try shop.archived() == [picture])
                #expect(shop.files(in: shop.watched()).isEmpty)
            }
        }

        @Test func every_frame_of_a_camera_with_one_name_is_inspected() throws {
            try Workshop.open { shop in
                let pictures = try (0..<30).map { try Pictures.flawless(200 + $0) }
                try shop.withDaemon { _ in
                    for picture in pictures {
                        try picture.write(to: shop.watched().appendingPathComponent(".next"))
                        #expect(
                            rename(
                                shop.watched().appendingPathComponent(".next").path,
                                shop.watched().appendingPathComponent("snap.jpg").path) == 0)
                        // The test leaves the frame the time to be taken, however slow the machine is.
                        try wait(for: "the frame to be taken") {
                            !FileManager.default.fileExists(
                                atPath: shop.watched().appendingPathComponent("snap.jpg").path)
                        }
                    }
                    try shop.waitForResults(pictures.count)
                }
                let archived = try shop.archived()
                #expect(Set(archived) == Set(pictures) && archived.count == pictures.count)
            }
        }

        @Test func sidecars_system_folders_and_unfinished_names_stay_and_are_counted() throws {
            try Workshop.open(lines: [.init(more: ["ignore: [\"*_preview.*\"]"])]) { shop in
                let picture = try Pictures.flawless(8)
                let others = [
                    "part.xml", "part.json", "part.jpg.md5", "part.done", "Thumbs.db", "desktop.ini",
                    "@eaDir/thumb.jpg", "#recycle/old.jpg", "lost+found/x.jpg", "a.jpg.filepart", "b.TMP",
                    "c_preview.jpg", "d.crdownload",
                ]
                for name in others {
                    let file = shop.watched().appendingPathComponent(name)
                    try FileManager.default.createDirectory(
                        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try (name.hasSuffix("jpg") ? picture : Data("<part/>".utf8)).write(to: file)
                }
                try shop.withDaemon { _ in
                    try shop.drop(picture, as: "part.jpg")
                    try shop.waitForResults(1)
                    usleep(1_500_000)
                    let status = try shop.control("status", "--format", "json")
                    let report = try status.json(Status.self)
                    #expect(
                        report.lines.first?.skipped == [
                            "no-image": 4, "system": 5, "in-the-making": 3, "ignored": 1,
                        ])
                    #expect(report.lines.first?.waiting == 0)
                }
                #expect(try shop.results().count == 1)
                #expect(try shop.quarantine().isEmpty)
                #expect(shop.files(in: shop.watched()) == others.sorted())
                let check = try shop.control("config", "check")
                #expect(check.output.contains("4 not an image by name or content"), "\(check.output)\(check.errors)")
            }
        }

        private struct Status: Decodable {
            struct Line: Decodable {
                let waiting: Int?
                let skipped: [String: Int]?
                let problem: String?
                enum CodingKeys: String, CodingKey {
                    case waiting, problem
                    case skipped
                }
            }
            let lines: [Line]
        }

        @Test(.enabled(if: getuid() == 0, "needs root, to give the daemon another user"))
        func a_folder_below_that_may_not_be_read_is_named_and_the_rest_is_inspected() throws {
            try Workshop.open { shop in
                let locked = shop.watched().appendingPathComponent("locked")
                try FileManager.default.createDirectory(at: locked, withIntermediateDirectories: true)
                try shop.drop(try Pictures.flawless(9), as: "part.jpg")
                let owner = try ProgramRun(path: "/bin/chown", ["-R", "65534:65534", shop.root.path])
                #expect(owner.status == 0)
                #expect(chown(locked.path, 0, 0) == 0 && chmod(locked.path, 0o700) == 0)
                let check = try ProgramRun(
                    path: "/usr/bin/setpriv",
                    [
                        "--reuid=65534", "--regid=65534", "--clear-groups", try Programs.path("inspectctl"), "config",
                        "check",
                        "--config", shop.configurationFile,
                    ])
                #expect(
                    check.output.contains("locked") || check.errors.contains("locked"), "\(check.output)\(check.errors)"
                )
            }
        }
    }
}
