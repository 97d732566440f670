import CKernels
import Foundation
import NeuralNets

/// The most that this machine does with a number of threads, measured: multiply-adds in registers, and copies of
/// buffers of a given size (of the cache that holds them, or of memory).
final class MachinePeak {
    private let threads: Int, team: OpaquePointer
    private var copies: [Int: Double] = [:]
    private var buffers: [UnsafeMutableRawPointer] = []
    private var share = 0

    /// - Throws: `ThreadError`.
    init(threads: Int) throws {
        guard let team = ck_team_create(Int32(threads)) else { throw ThreadError(threads: threads) }
        (self.threads, self.team) = (threads, team)
    }

    deinit { ck_team_destroy(team) }

    /// Floating-point operations per second.
    private(set) lazy var operations: Double = {
        let rounds = 2_000_000
        var result: Float = 0
        let each = ck_multiply_adds(rounds, &result)
        let seconds = best(of: 5) { peak, _ in
            var result: Float = 0
            _ = ck_multiply_adds(rounds, &result)
        }
        return each * Double(threads) / seconds
    }()

    /// Bytes per second, read and written, of copies within buffers that hold `bytes` together.
    func bandwidth(of bytes: Double) -> Double {
        // Rounded to a power of two, at least 16 KiB a member, so that sizes share their measurement.
        let size = max(threads << 14, 1 << Int(log2(max(1, bytes)).rounded(.up)))
        if let known = copies[size] { return known }
        share = size / 2 / threads
        buffers = (0..<2 * threads).map { _ in .allocate(byteCount: share, alignment: 64) }
        for buffer in buffers { memset(buffer, 1, share) }
        let repeats = max(1, (1 << 24) / size)
        let seconds = best(of: 5) { peak, member in
            for _ in 0..<repeats { memcpy(peak.buffers[2 * member], peak.buffers[2 * member + 1], peak.share) }
        }
        for buffer in buffers { buffer.deallocate() }
        let found = Double(2 * share * threads * repeats) / seconds
        copies[size] = found
        return found
    }

    /// Seconds that a step takes at least.
    func seconds(of work: StepWork) -> Double {
        max(work.operations / operations, work.bytes / bandwidth(of: work.bytes))
    }

    /// Seconds of the fastest of some runs of `body` by every member.
    private func best(of runs: Int, _ body: @escaping (MachinePeak, Int) -> Void) -> Double {
        let call = Call(peak: self, body: body)
        return (0..<runs).map { _ in
            BenchmarkTimes.time {
                ck_team_run(
                    team,
                    { context, member, _ in
                        guard let context else { return }
                        let call = Unmanaged<Call>.fromOpaque(context).takeUnretainedValue()
                        call.body(call.peak, Int(member))
                    }, Unmanaged.passUnretained(call).toOpaque())
            } / 1000
        }.min() ?? .infinity
    }

    private final class Call {
        let peak: MachinePeak, body: (MachinePeak, Int) -> Void
        init(peak: MachinePeak, body: @escaping (MachinePeak, Int) -> Void) { (self.peak, self.body) = (peak, body) }
    }
}
