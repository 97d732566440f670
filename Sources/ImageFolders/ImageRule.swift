import Imaging
import LinuxPlatform

/// The rule for which entries of a folder are images, shared by the daemon, `fit`, `calibrate`, `inspect` and
/// `evaluate`.
///
/// A file is an image when its name ends like an image's, or, with any other name, when its content is a JPEG or PNG. A
/// file that is named like an image and is none is taken too: an inspection is expected, and the decoder reports the
/// problem. Names may be any bytes.
package struct ImageRule: Sendable, Equatable {
    /// If not empty, only files that match one of these are images, whatever their content.
    package var only: [NamePattern]
    /// Files and folders that are skipped, beside the built-in ones.
    package var ignore: [NamePattern]
    /// Whether a link to a file is an image of the file's content. Links to folders are never followed.
    package var followsLinks: Bool

    package init(only: [NamePattern] = [], ignore: [NamePattern] = [], followsLinks: Bool = false) {
        (self.only, self.ignore, self.followsLinks) = (only, ignore, followsLinks)
    }

    enum Judgement: Equatable {
        case image
        /// The name does not decide; the content does.
        case contentDecides
        case skipped(SkipReason)
    }

    /// - Parameter path: the path below the scanned folder; its last component is the folder's name.
    /// - Returns: nil for a folder that is searched.
    func judgeFolder(_ path: RawPath) -> SkipReason? {
        let name = Self.folded(path.name.bytes)
        if name.first == UInt8(ascii: ".") { return .hidden }
        if Self.systemFolders.contains(name) { return .system }
        return ignore.contains { $0.isForFolders && $0.matches(path) } ? .ignored : nil
    }

    /// - Parameter path: the path below the scanned folder.
    func judgeFile(_ path: RawPath) -> Judgement {
        let name = Self.folded(path.name.bytes)
        if name.first == UInt8(ascii: ".") { return .skipped(.hidden) }
        if Self.systemFiles.contains(name) || Self.systemPrefixes.contains(where: { name.starts(with: $0) }) {
            return .skipped(.system)
        }
        if Self.endingsInTheMaking.contains(where: { name.suffix($0.count).elementsEqual($0) }) {
            return .skipped(.inTheMaking)
        }
        if ignore.contains(where: { !$0.isForFolders && $0.matches(path) }) { return .skipped(.ignored) }
        if !only.isEmpty {
            return only.contains { !$0.isForFolders && $0.matches(path) } ? .image : .skipped(.ignored)
        }
        return Self.imageEndings.contains(Self.folded(path.stemAndExtension.extension)) ? .image : .contentDecides
    }

    /// Whether a file is an image by its content.
    static func isImage(head: [UInt8]) -> Bool {
        ImageFormat.allCases.contains { head.starts(with: $0.signature) }
    }

    /// Bytes of a file's head that `isImage` needs.
    static let headLength = 16

    private static func folded(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }

    // MARK: The built-in lists, which docs/OPERATIONS.md prints

    /// Extensions of readable formats, and of those that a camera may be set to by mistake: the refusal then names the
    /// format.
    package static let imageExtensions = [
        "jpg", "jpeg", "jpe", "jfif", "jif", "png", "apng", "bmp", "dib", "tif", "tiff", "gif", "webp", "heic", "heif",
        "avif", "jp2", "j2k", "jpf", "jpx", "jpm", "jxl", "jls", "pgm", "ppm", "pbm", "pnm", "pam", "exr", "hdr", "tga",
    ]
    /// Endings used by programs that rename a file when it is complete.
    package static let unfinishedEndings = [
        "~", ".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".opdownload", ".!ut",
        ".!qb",
        ".!sync", ".bts", ".aria2", ".upload", ".uploading", ".incomplete", ".inprogress", ".in_progress", ".writing",
        ".unfinished", ".ocpart", ".swp", ".lock", ".lck",
    ]
    package static let systemFolderNames = [
        "@eaDir", "@Recycle", "@Recently-Snapshot", "@tmp", "@sharebin", "@appstore", "@Transcode", "#recycle",
        "#snapshot",
        "$RECYCLE.BIN", "RECYCLER", "RECYCLED", "lost+found", "System Volume Information", "__MACOSX",
        "Network Trash Folder", "Temporary Items", "TheVolumeSettingsFolder",
    ]
    package static let systemFileNames = [
        "Thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "Icon\r", "aquota.user", "aquota.group",
    ]
    /// Prefixes of thumbnails and lock files: Synology's, and those of Windows programs for an open document.
    package static let systemFilePrefixes = ["SYNOFILE_THUMB_", "SYNOPHOTO_", "SYNOINDEX_", "~$"]

    private static let imageEndings = Set(imageExtensions.map { Array($0.utf8) })
    private static let endingsInTheMaking = unfinishedEndings.map { Array($0.utf8) }
    private static let systemFolders = Set(systemFolderNames.map { folded(Array($0.utf8)) })
    private static let systemFiles = Set(systemFileNames.map { folded(Array($0.utf8)) })
    private static let systemPrefixes = systemFilePrefixes.map { folded(Array($0.utf8)) }
}
