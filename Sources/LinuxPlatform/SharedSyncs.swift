import Dispatch
import Synchronization

/// One sync for all who ask for the same folder's at the same time.
///
/// A sync that is under way may have passed by what was renamed a moment ago. So whoever comes meanwhile waits for the next
/// one, and that is made once for all who came. A frame that comes alone waits for nobody.
public final class SharedSyncs: Sendable {
    private final class Round: Sendable {
        private let outcome = Mutex<Result<Void, any Error>?>(nil)
        private let end = DispatchGroup()

        init() { end.enter() }

        func finish(_ result: Result<Void, any Error>) {
            outcome.withLock { $0 = result }
            end.leave()
        }

        func wait() -> Result<Void, any Error>? {
            end.wait()
            return outcome.withLock { $0 }
        }
    }

    private struct Folder {
        let current: Round
        /// Not begun yet, and how many wait for it.
        var next: Round?
        var waiting = 0
    }

    private enum Part {
        case make(after: Round?)
        case await(Round)
    }

    /// Those with a sync under way, or about to begin.
    private let folders = Mutex<[RawPath: Folder]>([:])

    public init() {}

    /// Returns when a sync that began after the call is complete.
    /// - Parameter sync: makes one; not called where somebody else's serves.
    /// - Throws: what the sync throws, to all who waited for it.
    public func share(_ path: RawPath, sync: () throws -> Void) throws {
        let own = Round()
        switch part(of: own, path) {
        case .await(let round):
            try round.wait()?.get()
        case .make(let former):
            if let former {
                _ = former.wait()
                // Whoever comes from here on is too late for this one.
                folders.withLock { $0[path] = Folder(current: own) }
            }
            let result = Result { try sync() }
            folders.withLock { if $0[path]?.next == nil { $0[path] = nil } }
            own.finish(result)
            try result.get()
        }
    }

    private func part(of own: Round, _ path: RawPath) -> Part {
        folders.withLock { folders in
            guard let folder = folders[path] else {
                folders[path] = Folder(current: own)
                return .make(after: nil)
            }
            folders[path]?.waiting += 1
            if let next = folder.next { return .await(next) }
            folders[path]?.next = own
            return .make(after: folder.current)
        }
    }

    /// How many wait for a folder's next sync.
    public func waiting(_ path: RawPath) -> Int { folders.withLock { $0[path]?.waiting ?? 0 } }
}
