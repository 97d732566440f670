import Glibc

/// The owner of files that root creates: the folder's owner.
///
/// An administrator runs `inspectctl` as root in folders of the daemon's user. A ledger or a model of root's there
/// would lock the daemon out of its own state; so a file or folder that root makes takes owner and group of the folder
/// it is made in. Other users' files stay their own.
enum Inheritance {
    private static let isRoot = geteuid() == 0

    /// Gives a file that this process has just made to its folder's owner.
    ///
    /// Some file systems (shares without root's rights) do not let root give files away: there they are the server's
    /// choice anyway, so nothing is thrown.
    static func handOver(_ descriptor: Int32, madeIn folder: RawPath) {
        guard let owner = owner(of: folder) else { return }
        var info = stat()
        // A file of another user, or with another hard link, is left alone.
        guard fstat(descriptor, &info) == 0, info.st_uid == 0, info.st_nlink == 1 else { return }
        guard (info.st_uid, info.st_gid) != owner else { return }
        _ = fchown(descriptor, owner.user, owner.group)
    }

    /// The same for a folder.
    static func handOver(folder: RawPath) {
        guard let owner = owner(of: folder.parent), owner != (0, 0) else { return }
        _ = folder.withCPath { lchown($0, owner.user, owner.group) }
    }

    /// Nil for processes that are not root's: they cannot give anything away.
    private static func owner(of folder: RawPath) -> (user: uid_t, group: gid_t)? {
        guard isRoot else { return nil }
        var info = stat()
        guard folder.withCPath({ stat($0, &info) }) == 0 else { return nil }
        return (info.st_uid, info.st_gid)
    }
}
