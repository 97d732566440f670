import Foundation
import InspectionDomain

/// A frame through the real, idle daemon: from the moment its writer closes it to its result in place.
package struct DaemonBenchmark {
    package static let name = "daemon_1024x768"

    package let times: BenchmarkTimes
    /// From the start of the process until it is ready.
    private let ready: Duration
    /// Resident memory after the last frame, MiB.
    private let residentMebibytes: Double

    /// Three frames that are not counted, then `runs` that are, a tenth of a second between them.
    package init(threads: Int, runs: Int) throws {
        let line = try BenchmarkLine(threads: threads)
        ready = line.ready
        var times: [Double] = []
        for number in 0..<runs + 3 {
            usleep(100_000)
            let time = try line.inspect(1, polling: 200)
            if number >= 3 { times.append(time) }
        }
        self.times = BenchmarkTimes(milliseconds: times)
        residentMebibytes = try line.residentMebibytes()
    }

    package var remark: String {
        String(format: "inspectd ready after %.2f s, %.0f MiB resident", ready.inSeconds, residentMebibytes)
    }
}
