import CSystemd
import Foundation
import Glibc
import InspectionDomain

/// The service manager: states, status text and watchdog. Every call is a no-op without `NOTIFY_SOCKET`.
package enum Systemd {
    package static func ready(status: String) { notify("READY=1\nSTATUS=\(oneLine(status))") }
    /// `notify-reload` requires the clock at which reloading began.
    package static func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        notify("RELOADING=1\nMONOTONIC_USEC=\(Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000)")
    }
    package static func stopping() { notify("STOPPING=1") }
    package static func status(_ text: String) { notify("STATUS=\(oneLine(text))") }
    package static func watchdog() { notify("WATCHDOG=1") }

    /// The time that the manager waits for `watchdog()`; nil when it does not.
    package static var watchdogTimeout: Duration? {
        var microseconds: UInt64 = 0
        return sd_watchdog_enabled(0, &microseconds) > 0 ? .microseconds(Int64(microseconds)) : nil
    }

    private static func notify(_ state: String) { _ = sd_notify(0, state) }
    private static func oneLine(_ text: String) -> String {
        PrintableText.escaped(text.replacingOccurrences(of: "\n", with: " "))
    }
}

/// The journal, with structured fields.
package enum Journal {
    /// Whether standard error is the journal: started by the service manager.
    package static var isConnected: Bool {
        guard let stream = ProcessInfo.processInfo.environment["JOURNAL_STREAM"] else { return false }
        var info = stat()
        return fstat(STDERR_FILENO, &info) == 0 && stream == "\(info.st_dev):\(info.st_ino)"
    }

    /// Sends one entry.
    ///
    /// - Parameters:
    ///   - priority: syslog's, 0 (emergency) … 7 (debug).
    ///   - fields: upper-case names; values may hold anything.
    package static func send(_ message: String, priority: Int, fields: [String: String] = [:]) {
        var entries = fields
        entries["MESSAGE"] = message
        entries["PRIORITY"] = String(priority)
        entries["SYSLOG_IDENTIFIER"] = "inspectd"
        let buffers = entries.map { Array("\($0.key)=\($0.value)".utf8) }
        var vectors: [iovec] = []
        let storage = buffers.map { buffer -> UnsafeMutableRawBufferPointer in
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count, alignment: 1)
            copy.copyBytes(from: buffer)
            return copy
        }
        defer { storage.forEach { $0.deallocate() } }
        for buffer in storage { vectors.append(iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)) }
        _ = sd_journal_sendv(vectors, Int32(vectors.count))
    }
}
