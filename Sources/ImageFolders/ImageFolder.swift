import LinuxPlatform

/// A file in a folder of images.
package struct Arrival: Sendable, Equatable {
    package let path: RawPath
    /// The status of the file, or of the link's target if links are followed.
    package let status: FileStatus
    /// The status of the link itself; nil for a file.
    package let link: FileStatus?

    package init(path: RawPath, status: FileStatus, link: FileStatus? = nil) {
        self.path = path
        self.status = status
        self.link = link
    }
}

/// A folder of images with its subfolders. The folder itself may be a link; below it, links to folders are not
/// followed.
///
/// Not thread-safe: it remembers which files without an image's name hold one, so that a sidecar is not read at every
/// scan.
package struct ImageFolder: Sendable {
    package let root: RawPath
    package let rule: ImageRule
    /// Folders below that do not belong to it: the spool and the state, if they are there.
    private let excluded: [RawPath]
    private let searchesSubfolders: Bool
    private let fileSystem: FileSystem
    private var contents: [RawPath: (status: FileStatus, isImage: Bool)] = [:]

    package init(
        _ root: RawPath, rule: ImageRule = ImageRule(), excluding excluded: [RawPath] = [],
        searchesSubfolders: Bool = true,
        fileSystem: FileSystem = FileSystem()
    ) {
        (self.root, self.rule, self.excluded) = (root, rule, excluded)
        (self.searchesSubfolders, self.fileSystem) = (searchesSubfolders, fileSystem)
    }

    /// The content of a folder.
    package struct Scan: Sendable {
        /// The images, in no order.
        package var images: [Arrival] = []
        /// The folder itself and those below it that were searched.
        package var folders: [RawPath] = []
        package var skipped = SkippedCounts()
        /// Folders below that could not be read, with the error.
        package var unreadable: [(folder: RawPath, error: SystemError)] = []
    }

    /// Lists every entry.
    /// - Throws: `SystemError` when the folder itself cannot be read.
    package mutating func scan() throws -> Scan {
        var scan = Scan()
        var pending = [(path: root, below: RawPath(""))]
        var seen: Set<RawPath> = []
        while let next = pending.popLast() {
            let entries: [(name: RawPath, kind: FileKind)]
            do {
                entries = try fileSystem.list(next.path)
            } catch let error as SystemError where next.path != root {
                // Removed since it was listed.
                if error.isMissing { continue }
                scan.skipped.add(.unreadable, next.path)
                scan.unreadable.append((next.path, error))
                continue
            }
            scan.folders.append(next.path)
            for entry in entries {
                let path = next.path.appending(entry.name)
                let below = next.below.bytes.isEmpty ? entry.name : next.below.appending(entry.name)
                if entry.kind == .folder {
                    if excluded.contains(where: { path.isInside($0) }) || !searchesSubfolders { continue }
                    if let reason = rule.judgeFolder(below) {
                        scan.skipped.add(reason, path)
                    } else {
                        pending.append((path, below))
                    }
                } else {
                    switch judge(path, below, entry.kind, &seen) {
                    case .image(let arrival): scan.images.append(arrival)
                    case .skipped(let reason): scan.skipped.add(reason, path)
                    case .gone: break
                    }
                }
            }
        }
        contents = contents.filter { seen.contains($0.key) }
        return scan
    }

    private enum Outcome {
        case image(Arrival)
        case skipped(SkipReason)
        /// Removed since it was listed.
        case gone
    }

    private mutating func judge(
        _ path: RawPath, _ below: RawPath, _ kind: FileKind, _ seen: inout Set<RawPath>
    ) -> Outcome {
        if kind == .other { return .skipped(.odd) }
        if kind == .link, !rule.followsLinks { return .skipped(.link) }
        let judgement = rule.judgeFile(below)
        if case .skipped(let reason) = judgement { return .skipped(reason) }
        guard let arrival = arrival(path) else {
            return (try? fileSystem.exists(path)) == false ? .gone : .skipped(kind == .link ? .link : .odd)
        }
        guard judgement == .contentDecides else { return .image(arrival) }
        seen.insert(path)
        if let known = contents[path], known.status == arrival.status {
            return known.isImage ? .image(arrival) : .skipped(.noImage)
        }
        do {
            let head = try fileSystem.head(path, count: ImageRule.headLength, followsLinks: arrival.link != nil)
            let isImage = ImageRule.isImage(head: Array(head))
            contents[path] = (arrival.status, isImage)
            return isImage ? .image(arrival) : .skipped(.noImage)
        } catch let error as SystemError where error.isMissing {
            return .gone
        } catch {
            return .skipped(.unreadable)
        }
    }

    /// Nil for an entry that is not a file, or a link that leads to none.
    private func arrival(_ path: RawPath) -> Arrival? {
        guard let own = try? fileSystem.status(path) else { return nil }
        if own.kind == .file { return Arrival(path: path, status: own) }
        guard own.kind == .link, rule.followsLinks, let target = try? fileSystem.status(path, followsLinks: true),
            target.kind == .file
        else { return nil }
        return Arrival(path: path, status: target, link: own)
    }
}
