import Foundation
import Glibc

/// The machine's clocks at one moment.
package struct ClockReading: Sendable, Equatable {
    /// Seconds since 1970, as far as the machine knows: may jump, and be years off.
    package let wall: Double
    /// Seconds since the machine was started, sleep included: never jumps.
    package let sinceBoot: Double
    /// Tells one start of the machine from another.
    package let boot: String

    package init(wall: Double, sinceBoot: Double, boot: String) {
        (self.wall, self.sinceBoot, self.boot) = (wall, sinceBoot, boot)
    }

    /// - Throws: `SystemError` where the kernel does not tell its start.
    package static func now() throws -> ClockReading {
        let boot = try FileSystem().read(RawPath("/proc/sys/kernel/random/boot_id"), limit: 64)
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return ClockReading(
            wall: Date().timeIntervalSince1970, sinceBoot: Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9,
            boot: String(decoding: boot, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
