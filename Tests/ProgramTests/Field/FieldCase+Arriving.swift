import Foundation
import TestSupport

#if canImport(Glibc)
    import Glibc
#endif

extension FieldCase {
    /// Files in the making, and files that are no frames.
    static let arriving: [FieldCase] = [
        FieldCase(
            "an upload pauses for longer than it settles",
            right: "inspected when it is done; the first record is superseded"
        ) {
            try inWorkshop { shop in
                let picture = try Pictures.defective(3)
                let file = shop.watched().appendingPathComponent("slow.jpg")
                try shop.withDaemon { _ in
                    try Data().write(to: file)
                    let upload = try FileHandle(forWritingTo: file)
                    try upload.write(contentsOf: picture.prefix(700))
                    try shop.waitForResults(1)
                    try upload.write(contentsOf: picture.dropFirst(700))
                    try upload.close()
                    try shop.waitForResults(2)
                }
                let records = try shop.history().sorted { $0.createdAt < $1.createdAt }
                try expect(
                    records.last?.verdict == .anomalous, "the scratched part was not found: \(records.map(\.verdict))")
                try expect(records.first?.supersededBy == records.last?.resultID, "the first record still counts")
                return "found anomalous when done; first record superseded"
            }
        },
        FieldCase("a file is made empty and filled later", right: "one record, no false alert") {
            try inWorkshop(settle: "3s") { shop in
                try shop.withDaemon { _ in
                    let file = shop.watched().appendingPathComponent("later.jpg")
                    try Data().write(to: file)
                    usleep(1_000_000)
                    try Pictures.flawless(3).write(to: file)
                    try shop.waitForResults(1)
                }
                let verdicts = try shop.results().map(\.inspection.verdict)
                try expect(verdicts == [.normal], "records: \(verdicts)")
                try expect(try shop.alerts().isEmpty, "a false alert")
                return "one normal record, no alert"
            }
        },
        FieldCase(
            "names of unfinished uploads: .filepart .TMP .PART .crdownload", right: "left alone until they are renamed"
        ) {
            try inWorkshop { shop in
                let names = ["a.jpg.filepart", "b.TMP", "c.jpg.PART", "d.crdownload"]
                try shop.withDaemon { _ in
                    for name in names {
                        try Pictures.flawless(1).write(to: shop.watched().appendingPathComponent(name))
                    }
                    usleep(1_500_000)
                    try expect(try shop.results().isEmpty, "inspected under a temporary name")
                    for (index, name) in names.enumerated() {
                        try FileManager.default.moveItem(
                            at: shop.watched().appendingPathComponent(name),
                            to: shop.watched().appendingPathComponent("done \(index).jpg"))
                    }
                    try shop.waitForResults(names.count)
                }
                return "inspected after their rename"
            }
        },
        FieldCase("sidecars beside a frame: .xml .json .md5 .done Thumbs.db", right: "left where they are, counted") {
            try inWorkshop { shop in
                let sidecars = ["part.xml", "part.json", "part.jpg.md5", "part.done", "Thumbs.db", "desktop.ini"]
                for name in sidecars { try Data("<part/>".utf8).write(to: shop.watched().appendingPathComponent(name)) }
                try shop.withDaemon { _ in
                    try shop.drop(try Pictures.flawless(1), as: "part.jpg")
                    try shop.waitForResults(1)
                    usleep(1_500_000)
                }
                try expect(
                    shop.files(in: shop.watched()) == sidecars.sorted(), "\(shop.files(in: shop.watched())) are left")
                try expect(try shop.results().count == 1, "\(try shop.results().count) records for one part")
                let check = try shop.control("config", "check").output
                try expect(check.contains("4 not an image"), "config check does not count them: \(check)")
                return "one record, six sidecars left"
            }
        },
        FieldCase("folders of a NAS: @eaDir #recycle $RECYCLE.BIN lost+found", right: "skipped") {
            try inWorkshop { shop in
                for name in ["@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found", "System Volume Information"] {
                    let folder = shop.watched().appendingPathComponent(name)
                    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                    try Pictures.defective(1).write(to: folder.appendingPathComponent("thumb.jpg"))
                }
                try shop.withDaemon { _ in
                    try shop.drop(try Pictures.flawless(1), as: "part.jpg")
                    try shop.waitForResults(1)
                    usleep(1_000_000)
                }
                try expect(try shop.results().count == 1, "\(try shop.results().count) records")
                return "only the part was inspected"
            }
        },
        FieldCase(
            "a folder below the watched one may not be read", right: "the rest goes on; named",
            needs: [.root, .setpriv]
        ) {
            try inWorkshop { shop in
                let locked = shop.watched().appendingPathComponent("locked")
                try FileManager.default.createDirectory(at: locked, withIntermediateDirectories: true)
                try run("/bin/chown", ["-R", "65534:65534", shop.root.path])
                try expect(chown(locked.path, 0, 0) == 0 && chmod(locked.path, 0o700) == 0, "cannot lock the folder")
                let check = try asNobody(["config", "check", "--config", shop.configurationFile])
                try expect(
                    check.status == 0 && (check.output + check.errors).contains("locked"), check.output + check.errors)
                return "config check names it"
            }
        },
        FieldCase("data of the camera behind the image, renamed into place", right: "inspected within 200 ms") {
            try inWorkshop(settle: "30s") { shop in
                let picture = try Pictures.flawless(2) + Data("DHAV".utf8) + Data((0..<3000).map { UInt8($0 & 255) })
                var milliseconds = 0.0
                try shop.withDaemon { _ in
                    try shop.drop(try Pictures.flawless(1), as: "first.jpg")
                    try shop.waitForResults(1)
                    usleep(500_000)
                    let start = ContinuousClock.now
                    try shop.drop(picture, as: "part.jpg")
                    try wait(for: "the result") { try shop.results().count == 2 }
                    milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
                }
                let queued = try shop.results().map(\.inspection.timingMilliseconds.queue).max() ?? 0
                return "result after \(Int(milliseconds)) ms (queued \(Int(queued)) ms)"
            }
        },
        FieldCase(
            "a file on another disk is written slowly", right: "never copied while it is open",
            needs: [.otherFileSystem]
        ) {
            let spool = "/dev/shm/inspectd-field-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: spool) }
            return try withTemporaryFolder { folder in
                let shop = Workshop(root: folder, spoolPath: spool)
                try shop.configure([.init()])
                try FittedModel.install(in: shop.state)
                let picture = try Pictures.defective(6)
                try shop.withDaemon { _ in
                    let file = shop.watched().appendingPathComponent("slow.jpg")
                    try Data().write(to: file)
                    let upload = try FileHandle(forWritingTo: file)
                    try upload.write(contentsOf: picture.prefix(700))
                    usleep(3_000_000)
                    try upload.write(contentsOf: picture.dropFirst(700))
                    try upload.close()
                    try shop.waitForResults(1)
                }
                try expect(try shop.archived() == [picture], "bytes were lost")
                return "all \(picture.count) bytes archived"
            }
        },
        FieldCase("a camera writes snap.jpg ten times a second", right: "each frame taken as soon as the name is free")
        {
            try inWorkshop { shop in
                let count = 60
                try shop.withDaemon { _ in
                    try shop.drop(try Pictures.flawless(1), as: "first.jpg")
                    try shop.waitForResults(1)
                    let (next, snap) = (
                        shop.watched().appendingPathComponent(".next"),
                        shop.watched().appendingPathComponent("snap.jpg")
                    )
                    for index in 0..<count {
                        try Pictures.flawless(300 + index).write(to: next)
                        try expect(rename(next.path, snap.path) == 0, "rename failed")
                        usleep(100_000)
                    }
                    try shop.waitForResults(count / 2)
                    usleep(2_000_000)
                }
                let inspected = try shop.results().count - 1
                try expect(inspected == count, "\(inspected) of \(count) inspected")
                return "\(inspected) of \(count) inspected"
            }
        },
    ]
}
