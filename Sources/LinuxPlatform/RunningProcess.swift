import Glibc

/// Another process.
public enum RunningProcess {
    /// Whether a process with this id lives, whoever's it is.
    public static func exists(_ pid: Int32) -> Bool { kill(pid, 0) == 0 || errno == EPERM }
}
