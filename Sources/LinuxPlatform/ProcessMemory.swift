import Foundation

/// This process's memory, as the kernel counts it.
package enum ProcessMemory {
    /// The largest resident size so far, bytes (`VmHWM`); nil where `/proc` does not say.
    package static var peak: Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        return peak(inStatus: status)
    }

    /// - Parameter status: the text of `/proc/<pid>/status`.
    package static func peak(inStatus status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}
