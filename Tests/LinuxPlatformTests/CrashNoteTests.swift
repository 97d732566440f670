import Foundation
import LinuxPlatform
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Processes that really die, and their notes.
@Suite struct CrashNoteTests {
    /// Runs on a thread of its own, as a worker does; never returns.
    private static func onThread(_ body: @escaping @Sendable () -> Void) -> Never {
        try? SystemThread.start("worker") {
            try? CrashNote.prepareThread()
            body()
        }
        while true { sleep(60) }
    }

    private static func notes(_ path: String) throws -> [CrashNote.Entry] {
        CrashNote.entries(in: try FileSystem().read(RawPath(path)))
    }

    @Test func a_fault_names_the_frame_of_the_thread_that_crashed_and_no_other() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("note").path
            await #expect(processExitsWith: .signal(SIGSEGV)) { [path = path as String] in
                try CrashNote.arm(RawPath(path))
                try SystemThread.start("neighbour") { CrashNote.working(on: "innocent") { while true { sleep(60) } } }
                usleep(100_000)
                CrashNoteTests.onThread {
                    CrashNote.working(on: "0190000000a") { UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1 }
                }
            }
            let pathNotes = try Self.notes(path)
            #expect(pathNotes == [.init(signal: SIGSEGV, kind: .fault, frame: "0190000000a")])
        }
    }

    @Test func an_abort_and_a_failed_check_are_the_process_s_own_signals() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("abort").path
            await #expect(processExitsWith: .signal(SIGABRT)) { [path = path as String] in
                try CrashNote.arm(RawPath(path))
                CrashNote.working(on: "aborted") { abort() }
            }
            let pathNotes = try Self.notes(path)
            #expect(pathNotes == [.init(signal: SIGABRT, kind: .own, frame: "aborted")])

            let trap = folder.appendingPathComponent("trap").path
            await #expect(processExitsWith: .failure) { [trap = trap as String] in
                try CrashNote.arm(RawPath(trap))
                CrashNote.working(on: "trapped") { fatalError("a failed check") }
            }
            let note = try #require(try Self.notes(trap).first)
            #expect(note.kind == .fault && note.frame == "trapped" && [SIGILL, SIGTRAP].contains(note.signal))
        }
    }

    @Test(.disabled(if: isSanitized, "a sanitizer's frames are larger than its guard"))
    func
        a_stack_that_overflows_is_noted_from_a_stack_of_its_own() async throws
    {
        try await withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("note").path
            await #expect(processExitsWith: .signal(SIGSEGV)) { [path = path as String] in
                try CrashNote.arm(RawPath(path))
                CrashNoteTests.onThread { CrashNote.working(on: "deep") { print(CrashNoteTests.depth(of: 0)) } }
            }
            let pathNotes = try Self.notes(path)
            #expect(pathNotes == [.init(signal: SIGSEGV, kind: .fault, frame: "deep")])
        }
    }

    private static let isSanitized =
        ProcessInfo.processInfo.environment["ASAN_OPTIONS"] != nil
        || ProcessInfo.processInfo.environment["TSAN_OPTIONS"] != nil

    @inline(never) private static func depth(of level: Int) -> Int {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 512) { room in
            room.initialize(repeating: level)
            return depth(of: level + 1) + room[level % 512]
        }
    }

    @Test func a_signal_from_another_process_is_noted_and_blames_no_frame() async throws {
        try await withTemporaryFolder { folder in
            for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] {
                let path = folder.appendingPathComponent("\(signal)").path
                await #expect(processExitsWith: .signal(signal)) { [path = path as String, signal = signal as Int32] in
                    try CrashNote.arm(RawPath(path))
                    // No frame is known to be stuck, so that SIGABRT is not the watchdog's.
                    CrashNote.working(on: "innocent") {
                        let shell = Process()
                        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
                        shell.arguments = ["-c", "kill -\(signal) \(getpid())"]
                        try? shell.run()
                        sleep(60)
                    }
                }
                let pathNotes = try Self.notes(path)
                #expect(pathNotes == [.init(signal: signal, kind: .sent, frame: nil)])
            }
        }
    }

    /// The watchdog's signal: this process is its child's parent, as the service manager is the daemon's.
    private static func abortFromParent(_ pidFile: String) -> Task<Void, Never> {
        Task.detached {
            for _ in 0..<3000 {
                if let text = try? String(contentsOfFile: pidFile, encoding: .utf8), let pid = Int32(text), pid > 0 {
                    kill(pid, SIGABRT)
                    return
                }
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    @Test(arguments: [true, false])
    func
        the_manager_s_abort_blames_the_frame_that_is_known_to_be_stuck_and_none_where_none_is(isStuck: Bool)
        async throws
    {
        try await withTemporaryFolder { folder in
            let (path, pidFile) = (
                folder.appendingPathComponent("note").path, folder.appendingPathComponent("pid").path
            )
            let manager = Self.abortFromParent(pidFile)
            await #expect(processExitsWith: .signal(SIGABRT)) {
                [path = path as String, pidFile = pidFile as String, isStuck = isStuck as Bool] in
                try CrashNote.arm(RawPath(path))
                CrashNote.setStuck("unstuck again")
                CrashNote.setStuck(isStuck ? "stuck" : nil)
                try Data("\(getpid())".utf8).write(to: URL(fileURLWithPath: pidFile), options: .atomic)
                CrashNote.working(on: "innocent") { while true { sleep(60) } }
            }
            await manager.value
            let wanted = CrashNote.Entry(
                signal: SIGABRT, kind: isStuck ? .watchdog : .sent, frame: isStuck ? "stuck" : nil)
            let pathNotes = try Self.notes(path)
            #expect(pathNotes == [wanted])
        }
    }

    @Test func an_abort_from_another_process_is_not_the_watchdog_s() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("note").path
            await #expect(processExitsWith: .signal(SIGABRT)) { [path = path as String] in
                try CrashNote.arm(RawPath(path))
                CrashNote.setStuck("stuck")
                let shell = Process()
                shell.executableURL = URL(fileURLWithPath: "/bin/sh")
                shell.arguments = ["-c", "kill -ABRT \(getpid())"]
                try shell.run()
                while true { sleep(60) }
            }
            let pathNotes = try Self.notes(path)
            #expect(pathNotes == [.init(signal: SIGABRT, kind: .sent, frame: nil)])
        }
    }

    @Test func malformed_notes_are_skipped() {
        let text = "11 fault a\n\nfault\n11 fault\nx fault b\n11 guess c\n6 watchdog d\n7 sent -\n11 faul"
        #expect(
            CrashNote.entries(in: Data(text.utf8)) == [
                .init(signal: 11, kind: .fault, frame: "a"), .init(signal: 6, kind: .watchdog, frame: "d"),
                .init(signal: 7, kind: .sent, frame: nil),
            ])
    }
}
