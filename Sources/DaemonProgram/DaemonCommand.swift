import ArgumentParser
import Dispatch
import Foundation
import InspectionDomain
import InspectionPipeline
import LinuxPlatform
import Synchronization

/// The entry of a daemon: runs until it is told to stop, and ends with the project's exit codes.
package protocol DaemonCommand: ParsableCommand {}

extension DaemonCommand {
    package static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            fail(error)
        }
    }

    /// Keeps the main thread, which serves nothing, until the body is done.
    package static func waitFor(_ body: @escaping @Sendable () async throws -> Void) throws {
        let outcome = Outcome(), done = DispatchSemaphore(value: 0)
        Task.detached {
            do { try await body() } catch { outcome.error.withLock { $0 = error } }
            done.signal()
        }
        done.wait()
        if let error = outcome.error.withLock({ $0 }) { throw error }
    }

    /// Ends the program: in ArgumentParser's way for its own errors, with the project's exit codes for all others.
    private static func fail(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        if code == .success || code == .validationFailure { exit(withError: error) }
        let name = configuration.commandName ?? "\(Self.self)", message = ExitStatus.message(of: error)
        if Journal.isConnected {
            LogDestination.journal.logger().event(.failed, .critical, "\(name) cannot run: \(message)")
        } else {
            let text = "\(name): \(PrintableText.escaped(message, keepsLines: true))\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
        Foundation.exit(ExitStatus(for: error).rawValue)
    }
}

private final class Outcome: Sendable {
    let error = Mutex<(any Error)?>(nil)
}

extension LogDestination: ExpressibleByArgument {}
