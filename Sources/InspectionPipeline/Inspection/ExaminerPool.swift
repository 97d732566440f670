import Foundation
import Imaging

/// As many examiners as frames may be computed side by side. Frames whose files are being read, written and synced need none:
/// there are more frames in work than cores, so that the cores do not wait for the disk.
final class ExaminerPool: @unchecked Sendable {
    // `free` is read and written under `condition` only; an examiner belongs to whoever took it.
    private let condition = NSCondition()
    private var free: [FrameExaminer]

    /// - Parameters:
    ///   - count: frames computed side by side.
    ///   - threads: cores that one frame may use.
    init(count: Int, threads: Int, limits: DecodeLimits) {
        free = (0..<count).map { _ in FrameExaminer(threads: threads, limits: limits) }
    }

    /// Waits for an examiner and lends it.
    func withExaminer<Result>(_ body: (FrameExaminer) throws -> Result) rethrows -> Result {
        let examiner = take()
        defer { giveBack(examiner) }
        return try body(examiner)
    }

    private func take() -> FrameExaminer {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let examiner = free.popLast() { return examiner }
            condition.wait()
        }
    }

    private func giveBack(_ examiner: FrameExaminer) {
        condition.lock()
        defer { condition.unlock() }
        free.append(examiner)
        condition.signal()
    }
}
