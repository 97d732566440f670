import Foundation

/// How many times longer than usual to wait before giving up: programs built with a sanitizer are many times slower.
package let patience = Double(ProcessInfo.processInfo.environment["INSPECTD_TEST_PATIENCE"] ?? "") ?? 1

/// Something did not happen in time.
package struct TimedOut: Error, CustomStringConvertible {
    let what: String
    let seconds: Double

    package init(what: String, seconds: Double) { (self.what, self.seconds) = (what, seconds) }

    package var description: String { "after \(seconds) s still waiting for \(what)" }
}
