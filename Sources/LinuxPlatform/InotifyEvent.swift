import Glibc

extension Inotify {
    /// An event of one entry of a watched folder.
    package struct Event: Sendable, Equatable {
        package enum Kind: Sendable, Equatable {
            /// A program began to write the file, or wrote to it.
            case written
            /// A program that had it open for writing closed it.
            case closed
            case movedIn
            /// Removed, or moved away.
            case gone
        }

        package let path: RawPath
        package let kind: Kind
        package let isFolder: Bool

        /// Whether a scan may find something that it did not find before.
        package var wakes: Bool { isFolder || kind == .closed || kind == .movedIn }
    }

    /// The events since the last call.
    package struct Batch: Sendable, Equatable {
        package var events: [Event] = []
        /// The kernel's queue overflowed: events were lost.
        package var isIncomplete = false
        /// `wake` was called, or a watched folder itself was moved or removed.
        package var isWoken = false

        /// Whether a scan may find something that it did not find before.
        package var wakes: Bool { isIncomplete || isWoken || events.contains(where: \.wakes) }
    }

    static let mask = UInt32(
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_MODIFY | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF
            | IN_ONLYDIR)

    /// - Parameters:
    ///   - buffer: filled by the kernel.
    ///   - folders: the watched folders by the numbers that the kernel gave them.
    static func parse(_ buffer: UnsafeRawBufferPointer, folders: [Int32: RawPath]) -> Batch {
        var batch = Batch()
        var at = 0
        let head = MemoryLayout<inotify_event>.size
        while at + head <= buffer.count {
            let event = buffer.loadUnaligned(fromByteOffset: at, as: inotify_event.self)
            let name = buffer[(at + head)..<min(buffer.count, at + head + Int(event.len))].prefix { $0 != 0 }
            at += head + Int(event.len)
            func has(_ flags: Int) -> Bool { event.mask & UInt32(flags) != 0 }
            if has(Int(IN_Q_OVERFLOW)) { batch.isIncomplete = true }
            if has(Int(IN_DELETE_SELF)) || has(Int(IN_MOVE_SELF)) { batch.isWoken = true }
            guard let folder = folders[event.wd], !name.isEmpty else { continue }
            let kind: Event.Kind
            if has(Int(IN_CLOSE_WRITE)) {
                kind = .closed
            } else if has(Int(IN_MOVED_TO)) {
                kind = .movedIn
            } else if has(Int(IN_MOVED_FROM)) || has(Int(IN_DELETE)) {
                kind = .gone
            } else if has(Int(IN_CREATE)) || has(Int(IN_MODIFY)) {
                kind = .written
            } else {
                continue
            }
            batch.events.append(
                Event(
                    path: folder.appending(RawPath(bytes: Array(name))), kind: kind,
                    isFolder: has(Int(IN_ISDIR))))
        }
        return batch
    }
}
