import CLinux
import Foundation
import Glibc

/// A program that runs once: receives data on its standard input, and whose output is kept up to a limit.
///
/// It runs in a process group of its own, with nothing of this process but what is passed: no descriptor beyond the
/// three standard ones, no environment, default signals. However it ends, what is left of its group is killed.
package struct ChildProcess: Sendable {
    /// How a run ended.
    package enum Ending: Sendable, Equatable {
        case exited(Int32)
        case killed(signal: Int32)
        /// Killed after the time limit.
        case timedOut
    }

    package struct Outcome: Sendable, Equatable {
        package let ending: Ending
        /// The first bytes that it wrote to standard output and standard error.
        package let output: Data
        package let isOutputCut: Bool
    }

    package let program: String
    package let arguments: [String]
    package let environment: [String: String]

    package init(program: String, arguments: [String], environment: [String: String]) {
        (self.program, self.arguments, self.environment) = (program, arguments, environment)
    }

    /// Runs it to its end. Blocks; call it on a thread of its own.
    /// - Parameters:
    ///   - input: the content of its standard input, which is a file: the program need not read it.
    ///   - limit: the time after which it is killed.
    ///   - stop: ends it before; nil when nothing does.
    /// - Throws: `SystemError` when it cannot be started.
    package func run(input: Data, limit: Duration, outputLimit: Int, stop: StopSwitch? = nil) throws -> Outcome {
        let name = RawPath(program)
        let standardInput = memfd_create("input", CLINUX_MFD_CLOEXEC)
        guard standardInput >= 0 else { throw SystemError("memfd_create", name) }
        defer { close(standardInput) }
        try FileSystem().writeAll(standardInput, input, name)
        lseek(standardInput, 0, SEEK_SET)
        var pipe: [Int32] = [-1, -1]
        guard pipe2(&pipe, O_CLOEXEC | O_NONBLOCK) == 0 else { throw SystemError("pipe2", name) }
        defer { close(pipe[0]) }
        let pid: pid_t
        do {
            defer { close(pipe[1]) }
            pid = try spawn(input: standardInput, output: pipe[1])
        }
        // Until it is awaited, its number cannot be given to another process.
        let handle = clinux_pidfd_open(pid)
        let failure = handle < 0 ? SystemError("pidfd_open", name) : nil
        defer { close(handle) }
        var output = Output(descriptor: pipe[0], limit: outputLimit)
        let isEnded = failure == nil && Self.await(handle, &output, until: .now + limit, stop)
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        if let failure { throw failure }
        output.take()
        let signal = status & 0x7f
        let ending: Ending =
            !isEnded ? .timedOut : signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal)
        return Outcome(ending: ending, output: output.data, isOutputCut: output.isCut)
    }

    private func spawn(input: Int32, output: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (from, to) in [(input, 0), (output, 1), (output, 2)] as [(Int32, Int32)] {
            posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        posix_spawn_file_actions_addchdir_np(&actions, "/")
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t(), all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var pid = pid_t()
        let code = Self.withCStrings([program] + arguments) { words in
            Self.withCStrings(environment.map { "\($0)=\($1)" }) { variables in
                posix_spawn(&pid, program, &actions, &attributes, words, variables)
            }
        }
        guard code == 0 else { throw SystemError("posix_spawn", RawPath(program), code: code) }
        return pid
    }

    /// - Returns: whether it ended by itself.
    private static func await(
        _ handle: Int32, _ output: inout Output, until end: ContinuousClock.Instant, _ stop: StopSwitch?
    ) -> Bool {
        while true {
            let left = Int32(clamping: max(0, Int((end - .now) / .milliseconds(1))))
            var waits = [
                pollfd(fd: handle, events: Int16(POLLIN), revents: 0),
                pollfd(fd: output.isEnded ? -1 : output.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: stop?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&waits, 3, left)
            if ready < 0, errno == EINTR { continue }
            if waits[1].revents != 0 { output.take() }
            if waits[0].revents != 0 { return true }
            if ready <= 0 || waits[2].revents != 0 { return false }
        }
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }

    /// The output so far.
    private struct Output {
        let descriptor: Int32
        let limit: Int
        var data = Data()
        var isCut = false
        var isEnded = false

        /// Takes what is there. A program that writes without end is bounded by its time.
        mutating func take() {
            var buffer = [UInt8](repeating: 0, count: 1 << 14)
            for _ in 0..<64 {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                if count == 0 { isEnded = true }
                guard count > 0 else { return }
                let kept = buffer[..<min(count, limit - data.count)]
                isCut = isCut || kept.count < count
                data.append(contentsOf: kept)
            }
        }
    }
}

/// Ends a running program from another thread.
package final class StopSwitch: Sendable {
    let descriptor: Int32

    /// - Throws: `SystemError`.
    package init() throws {
        descriptor = eventfd(0, O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("eventfd", RawPath("-")) }
    }

    deinit { close(descriptor) }

    package func stop() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }
}
