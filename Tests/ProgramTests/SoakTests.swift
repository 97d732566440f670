import Foundation
import InspectionDomain
import Testing

extension ProgramTests {
    /// Long runs, each with its size in the environment; without it they are left out. `make soak` runs the first,
    /// `make measure` the others.
    @Suite struct Soak {
        private static func size(_ variable: String) -> Int {
            Int(ProcessInfo.processInfo.environment[variable] ?? "") ?? 0
        }

        private static let frames = size("INSPECTD_SOAK_FRAMES")
        private static let kills = max(1, size("INSPECTD_SOAK_KILLS"))
        private static let memoryFrames = size("INSPECTD_MEMORY_FRAMES")
        /// The run takes at least so long, with more frames if need be.
        private static let memorySeconds = size("INSPECTD_MEMORY_SECONDS")
        private static let overheadFrames = size("INSPECTD_OVERHEAD_FRAMES")

        private static func say(_ text: String) { print("measured: \(text)") }

        /// A hundred images of their own and every way of being broken; a frame is one of them under its own name.
        private struct Pool {
            let good: [Data], broken: [(data: Data, ending: String)]

            init() throws {
                good = try (0..<100).map { try $0 % 10 == 9 ? Pictures.defective($0) : Pictures.flawless($0) }
                broken = try BrokenFile.allCases.enumerated().map { (try $1.data($0), $1.ending) }
            }

            /// Every 21st frame is broken: 500 among 10,000.
            func frame(_ index: Int) -> (name: String, data: Data) {
                if index % 21 == 20 {
                    let one = broken[index / 21 % broken.count]
                    return ("broken-\(index).\(one.ending)", one.data)
                }
                return ("frame-\(index).jpg", good[index % good.count])
            }
        }

        @Test(.enabled(if: frames > 0, "make soak"))
        func killed_again_and_again_it_records_every_input_once() throws {
            let pool = try Pool()
            let total = Self.frames + Self.frames / 20
            let perLife = total / Self.kills + 1
            try Workshop.open { shop in
                var (dropped, kills) = (0, 0)
                let start = ContinuousClock.now
                while dropped < total || kills < Self.kills {
                    try shop.withDaemon(waits: false) { daemon in
                        let life = ContinuousClock.now + .milliseconds(Int.random(in: 500...2500))
                        for _ in 0..<perLife where dropped < total {
                            let frame = pool.frame(dropped)
                            try shop.drop(frame.data, as: frame.name)
                            dropped += 1
                        }
                        while ContinuousClock.now < life { usleep(10_000) }
                        daemon.kill()
                        kills += 1
                    }
                }
                try shop.withDaemon { daemon in
                    try wait(for: "the rest", upTo: 3600) {
                        usleep(500_000)
                        return shop.files(in: shop.watched()).isEmpty && shop.inWork.isEmpty
                    }
                    let seconds = (ContinuousClock.now - start).components.seconds
                    Self.say("\(total) frames, \(kills) kills, \(seconds) s: \(total / max(1, Int(seconds))) frames/s")
                    try wait(for: "the alerts", upTo: 60) {
                        try shop.control("status", "--format", "json").object()["pending_alerts"] as? Int == 0
                    }
                    #expect(try daemon.stop(within: 30) == 0)
                }
                try Self.expectEachOnce((0..<total).map { pool.frame($0) }, in: shop)
            }
        }

        private static func expectEachOnce(_ frames: [(name: String, data: Data)], in shop: Workshop) throws {
            let results = try shop.results().map(\.inspection)
            let names = results.map { URL(fileURLWithPath: $0.image.path).lastPathComponent }
            #expect(names.sorted() == frames.map(\.name).sorted(), "not each input has one result")
            #expect(
                try shop.history().map(\.resultID).sorted() == results.map(\.resultID).sorted(), "the ledger differs")
            // `<stem>-<id>.jpg` in the archive, `<stem>-<id>/<name>` in the quarantine.
            func stem(_ name: String) -> String { name.split(separator: "-").dropLast().joined(separator: "-") }
            let archived = shop.files(in: shop.spool.appendingPathComponent("archive"))
                .map { stem(URL(fileURLWithPath: $0).lastPathComponent) }
            let aside = shop.files(in: shop.spool.appendingPathComponent("quarantine"))
                .filter { !$0.hasSuffix("/reason.json") }
                .map { stem(URL(fileURLWithPath: $0).deletingLastPathComponent().lastPathComponent) }
            let wanted = frames.map { ($0.name as NSString).deletingPathExtension }
            #expect((archived + aside).sorted() == wanted.sorted(), "not each input is once in archive or quarantine")
            let crashed = results.count { $0.error?.code == "crashed-twice" }
            say("\(archived.count) archived, \(aside.count) in quarantine, \(crashed) of them in work at two kills")
            #expect(results.count { $0.verdict == .error } == aside.count)
            #expect(shop.inWork.isEmpty && shop.temporary.isEmpty)
            let rest = shop.files(in: shop.root).filter {
                $0.hasSuffix(".tmp") || $0.contains("/.") && !$0.hasSuffix("/.lock")
            }
            #expect(rest.isEmpty, "left behind: \(rest)")
        }

        private static func resident(_ pid: Int32) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            return Int(line?.split(whereSeparator: \.isWhitespace).dropFirst().first ?? "") ?? 0
        }

        private static func descriptors(_ pid: Int32) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
        }

        @Test(.enabled(if: memoryFrames > 0, "make measure"))
        func memory_and_descriptors_stay_flat() throws {
            let pool = try Pool()
            try Workshop.open(lines: [.init(after: "delete")]) { shop in
                try shop.withDaemon { daemon in
                    var sent = 0
                    /// Keeps a few hundred frames waiting, as fast as it goes.
                    func feed(until count: Int) throws {
                        while sent < count {
                            for _ in 0..<min(500, count - sent) {
                                try shop.drop(pool.good[sent % 9], as: "\(sent).jpg")
                                sent += 1
                            }
                            try wait(for: "room", upTo: 300) {
                                usleep(20_000)
                                return try FileManager.default.contentsOfDirectory(atPath: shop.watched().path).count
                                    < 50
                            }
                        }
                        try wait(for: "the last frames", upTo: 300) {
                            usleep(20_000)
                            return shop.files(in: shop.watched()).isEmpty && shop.inWork.isEmpty
                        }
                    }
                    try feed(until: 1000)
                    let (early, open) = (try Self.resident(daemon.pid), try Self.descriptors(daemon.pid))
                    let start = ContinuousClock.now
                    try feed(until: Self.memoryFrames)
                    while ContinuousClock.now - start < .seconds(Self.memorySeconds) { try feed(until: sent + 5000) }
                    let seconds = (ContinuousClock.now - start).components.seconds
                    let (late, openLate) = (try Self.resident(daemon.pid), try Self.descriptors(daemon.pid))
                    Self.say(
                        "resident memory \(early) kB after 1000 frames, \(late) kB after \(sent) in \(seconds) s; "
                            + "descriptors \(open), then \(openLate)")
                    #expect(Double(late) <= 1.1 * Double(early))
                    #expect(openLate <= open)
                }
            }
        }

        @Test(.enabled(if: overheadFrames > 0, "make measure"))
        func durability_costs_little_beside_the_detector() throws {
            try Workshop.open { shop in
                let count = Self.overheadFrames
                func folder(_ name: String) throws -> URL {
                    let folder = shop.root.appendingPathComponent(name)
                    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                    return folder
                }
                func write(_ picture: Data, _ index: Int, to folder: URL) throws {
                    try picture.write(to: folder.appendingPathComponent("\(index).jpg"))
                }
                // The default detector, and frames that it knows: most frames of a plant are flawless and get no
                // images.
                let (normal, calibration) = (try folder("normal"), try folder("calibration"))
                let seen = try (0..<16).map { try Pictures.camera($0) }
                for (index, picture) in seen.enumerated() { try write(picture, index, to: normal) }
                for index in 16..<40 { try write(try Pictures.camera(index), index, to: calibration) }
                #expect(
                    try shop.control(
                        "fit", "--line", "plate", "--normal", normal.path, "--calibration", calibration.path
                    ).status == 0)
                let pictures = try folder("pictures")
                for index in 0..<count { try write(seen[index % seen.count], index, to: pictures) }
                // Frames side by side, as the daemon takes them; a few first, so that the start can be subtracted.
                func bare(_ frames: Range<Int>) throws -> Double {
                    let paths = frames.map { pictures.appendingPathComponent("\($0).jpg").path }
                    let start = ContinuousClock.now
                    try withThrowingProcesses(2) { part in
                        let own = paths.enumerated().filter { $0.offset % 2 == part }.map(\.element)
                        return ["inspect"] + own + [
                            "--threads", "1", "--model", "plate", "--config", shop.configurationFile,
                        ]
                    }
                    return (ContinuousClock.now - start) / .seconds(1)
                }
                // In turn, because a machine's speed wanders from minute to minute.
                let rounds = 4, few = min(16, count / (2 * rounds))
                var alone = 0.0, whole = 0.0
                _ = try bare(0..<few)
                try shop.withDaemon { _ in
                    for round in 0..<rounds {
                        let frames = count * round / rounds..<count * (round + 1) / rounds
                        let starting = try bare(frames.lowerBound..<frames.lowerBound + few)
                        let detector = try (bare(frames) - starting) / Double(frames.count - few)
                        for index in frames {
                            let name = "\(index).jpg"
                            try FileManager.default.moveItem(
                                at: pictures.appendingPathComponent(name),
                                to: shop.watched().appendingPathComponent(name))
                        }
                        try wait(for: "all frames", upTo: 600) {
                            usleep(500_000)
                            return try FileManager.default.contentsOfDirectory(atPath: shop.watched().path).isEmpty
                                && shop.inWork.isEmpty
                        }
                        let results = try shop.results().map(\.inspection)
                        #expect(results.count { $0.verdict == .normal } == frames.upperBound)
                        // Its start is left out as the detector's is: from the first result to the last.
                        let moments = results.map(\.createdAt).sorted().suffix(frames.count)
                        let seconds = try #require(moments.last).timeIntervalSince(try #require(moments.first))
                        let daemon = seconds / Double(frames.count - 1)
                        Self.say(
                            String(
                                format: "bare detector %.1f frames/s, daemon %.1f frames/s", 1 / detector, 1 / daemon))
                        (alone, whole) = (alone + detector, whole + daemon)
                    }
                }
                Self.say(String(format: "the daemon does %.0f %% of the bare detector's frames", 100 * alone / whole))
                #expect(whole <= alone / 0.85)
            }
        }
    }
}

/// Runs inspectctl several times side by side.
private func withThrowingProcesses(_ count: Int, _ arguments: (Int) -> [String]) throws {
    let processes = try (0..<count).map { part in
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Programs.path("inspectctl"))
        process.arguments = arguments(part)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }
    for process in processes {
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "inspectctl inspect failed")
    }
}
