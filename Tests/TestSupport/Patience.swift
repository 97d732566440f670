import Foundation

/// How many times longer than usual to wait before giving up: programs built with a sanitizer are many times slower.
public let patience = Double(ProcessInfo.processInfo.environment["INSPECTD_TEST_PATIENCE"] ?? "") ?? 1

/// Something did not happen in time.
public struct TimedOut: Error, CustomStringConvertible {
    let what: String
    let seconds: Double

    public init(what: String, seconds: Double) { (self.what, self.seconds) = (what, seconds) }

    public var description: String { "after \(seconds) s still waiting for \(what)" }
}
