import CKernels
import Synchronization

/// The machine's cores, which one operation at a time shares its work out to.
///
/// The number of parts depends only on the machine, not on free cores, so the same work gives the same bits each
/// time: when another thread's operation holds the team, the parts run one after the other on the caller's thread.
package enum Cores {
    static let count = max(1, Int(ck_available_cores()))
    @TaskLocal private static var isShared = true

    /// Runs `body` with all its operations on the caller's thread; they give the same bits as on all cores.
    ///
    /// For workers that run side by side, and for operations so small that calling the other cores takes longer.
    package static func withoutSharing<Result>(_ body: () throws -> Result) rethrows -> Result {
        try $isShared.withValue(false, operation: body)
    }

    /// Nil on a machine of one core, or if the system refuses the threads: all work then runs on the caller's thread.
    /// The team lives as long as the process. Only `run` touches it, one caller at a time.
    nonisolated(unsafe) private static let team: OpaquePointer? = count > 1 ? ck_team_create(Int32(count)) : nil
    private static let isBusy = Atomic(false)

    private struct Job {
        let parts: Int
        let body: (Int) -> Void
    }

    /// Calls `body` with 0 ..< parts, each once, on several cores; returns when all have returned.
    ///
    /// - Parameter body: called from other threads at the same time; parts must write to disjoint memory.
    static func run(parts: Int, _ body: (Int) -> Void) {
        let isFree =
            parts > 1 && isShared
            && isBusy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        guard isFree, let team else {
            if isFree { isBusy.store(false, ordering: .releasing) }
            for part in 0..<parts { body(part) }
            return
        }
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: Job(parts: parts, body: body)) { job in
                ck_team_run(
                    team,
                    { context, member, size in
                        guard let job = context?.assumingMemoryBound(to: Job.self).pointee else { return }
                        for part in stride(from: Int(member), to: job.parts, by: Int(size)) { job.body(part) }
                    }, UnsafeMutableRawPointer(mutating: job))
            }
        }
        isBusy.store(false, ordering: .releasing)
    }

    /// Cuts 0 ..< count into one range for each core, at multiples of `grain`, and calls `body` with them at the same
    /// time.
    ///
    /// - Parameter grain: the minimal length of a range; shorter ones are not worth waking a core for.
    static func share(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        let grains = (count + grain - 1) / grain
        let parts = min(Self.count, grains)
        run(parts: parts) { part in
            let begin = grains * part / parts * grain, end = min(count, grains * (part + 1) / parts * grain)
            if begin < end { body(begin..<end) }
        }
    }

    /// `share` for element-wise work on `count` numbers.
    static func shareElements(_ count: Int, _ body: (Range<Int>) -> Void) { share(count, grain: 16_384, body) }
}
