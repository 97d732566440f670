import Glibc

/// A failed system call: the call, its path, and the reason.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The call's name in the manual.
    package let call: String
    package let path: String
    /// `errno`.
    package let code: Int32

    package init(_ call: String, _ path: RawPath, code: Int32 = errno) {
        self.call = call
        self.path = path.description
        self.code = code
    }

    package var description: String {
        "\(call) \(path): \(String(cString: strerror(code)))" + (remedy.map { "; \($0)" } ?? "")
    }

    private var remedy: String? {
        switch (call, code) {
        case ("inotify_add_watch", ENOSPC): "raise fs.inotify.max_user_watches"
        case ("inotify_init1", EMFILE): "raise fs.inotify.max_user_instances"
        default: generalRemedy
        }
    }

    private var generalRemedy: String? {
        switch code {
        case ENOSPC, EDQUOT: "free some space"
        case EROFS: "the file system is mounted read-only"
        case EACCES, EPERM: "check owner and permissions, or run it as a user who may"
        case EMFILE, ENFILE: "raise LimitNOFILE"
        default: nil
        }
    }

    /// Whether no space or quota is left. For inotify, ENOSPC means that its watches are used up.
    package var isDiskFull: Bool { (code == ENOSPC || code == EDQUOT) && !call.hasPrefix("inotify") }
    /// A link where none is followed.
    package var isLink: Bool { code == ELOOP }
    package var isReadOnly: Bool { code == EROFS }
    package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    package var isPermission: Bool { code == EACCES || code == EPERM }
    /// Whether the failure is transient: the same work is retried later.
    package var isTransient: Bool {
        isDiskFull || [EROFS, EIO, EMFILE, ENFILE, ENOMEM, ESTALE, EBUSY, EAGAIN, ETIMEDOUT].contains(code)
    }
}
