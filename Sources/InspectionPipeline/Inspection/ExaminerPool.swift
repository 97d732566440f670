import Imaging

/// One examiner per frame computed side by side. Frames whose files are being read, written and synced need none:
/// there are more frames in progress than cores, so that the cores do not wait for the disk.
final class ExaminerPool: @unchecked Sendable {
    // An examiner belongs to the thread that took it; the pool itself is a monitor.
    private let free: Monitor<[FrameExaminer]>

    /// - Parameters:
    ///   - count: frames computed side by side.
    ///   - threads: cores that one frame may use.
    init(count: Int, threads: Int, limits: DecodeLimits) {
        free = Monitor((0..<count).map { _ in FrameExaminer(threads: threads, limits: limits) })
    }

    /// Waits for an examiner and lends it.
    func withExaminer<Result>(_ body: (FrameExaminer) throws -> Result) rethrows -> Result {
        let examiner = free.wait { $0.popLast() }
        defer { free.update(waking: .one) { $0.append(examiner) } }
        return try body(examiner)
    }
}
