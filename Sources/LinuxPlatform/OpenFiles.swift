import CLinux
import Glibc

extension FileSystem {
    /// `F_SETLEASE` of the kernel's headers; the C library shows it with `_GNU_SOURCE` only.
    private static let setLease: Int32 = 1024

    /// Whether any program has a file open for writing. The kernel grants a read lease on a file only when none has; it
    /// is given back at once.
    ///
    /// Nil if that cannot be determined: only the file's owner (or `CAP_LEASE`) may take the lease, and network file
    /// systems know only of their own machine's programs. A program that opens the file in between waits for
    /// microseconds; the signal that the kernel sends us then (SIGIO) must not end the process, so it is ignored from
    /// the first call on.
    package func isOpenForWriting(_ path: RawPath, followsLinks: Bool = false) -> Bool? {
        _ = Self.ignoresLeaseSignals
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
        let descriptor = path.withCPath { open($0, flags) }
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard !isOnNetwork(descriptor) else { return nil }
        if fcntl(descriptor, Self.setLease, Int32(F_RDLCK)) == 0 {
            _ = fcntl(descriptor, Self.setLease, Int32(F_UNLCK))
            return false
        }
        return errno == EAGAIN ? true : nil
    }

    private static let ignoresLeaseSignals: Bool = {
        signal(SIGIO, SIG_IGN)
        return true
    }()

    /// Whether a file or folder lies on a file system that other machines write without this one being notified; true
    /// where that cannot be determined.
    package func isOnNetwork(_ path: RawPath) -> Bool {
        var info = statfs()
        guard path.withCPath({ statfs($0, &info) }) == 0 else { return true }
        return Self.networkTypes.contains(UInt32(truncatingIfNeeded: info.f_type))
    }

    private func isOnNetwork(_ descriptor: Int32) -> Bool {
        var info = statfs()
        guard fstatfs(descriptor, &info) == 0 else { return true }
        return Self.networkTypes.contains(UInt32(truncatingIfNeeded: info.f_type))
    }

    /// Magic numbers of statfs(2): NFS, SMB, CIFS, SMB2, FUSE, 9P, Ceph, Lustre, GFS2, OCFS2, AFS (two), Coda, GPFS.
    private static let networkTypes: Set<UInt32> = [
        0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x6573_5546, 0x0102_1997, 0x00C3_6400, 0x0BD0_0BD0, 0x0116_1970,
        0x7461_636F, 0x5346_414F, 0x6B41_4653, 0x7375_7245, 0x4750_4653,
    ]
}
