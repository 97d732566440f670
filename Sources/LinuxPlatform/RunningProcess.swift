import Glibc

/// Another process.
package enum RunningProcess {
    /// Whether a process with this id lives, whatever its user.
    package static func exists(_ pid: Int32) -> Bool { kill(pid, 0) == 0 || errno == EPERM }
}
