import DetectionCore
import Dispatch
import Foundation
import Imaging
import InspectionDomain
import InspectionPipeline
import Synchronization

/// The way of a whole frame in memory: decode, detect, regions, pictures; disk and ledger apart.
struct FrameBenchmark {
    static let latencyName = "frame_1024x768_latency"
    static let throughputName = "frame_1024x768_throughput"
    static let names = [latencyName, throughputName]

    private let threads: Int
    private let model: ServingModel
    private let frames: [Data]

    init(threads: Int) throws {
        self.threads = threads
        model = try BenchmarkModel.withFolder { folder in
            let store = ModelStore(folder: folder.path + "/models")
            try BenchmarkModel.fit(into: store, pictures: folder, workers: threads)
            return try ServingModel(try store.load(BenchmarkModel.name), rule: BenchmarkModel.rule)
        }
        frames = try BenchmarkModel.frames()
    }

    /// One frame at a time on all threads.
    func latency(runs: Int) throws -> BenchmarkTimes {
        let examiner = FrameExaminer(threads: threads, limits: .default)
        var next = 0
        return try BenchmarkTimes.measure(runs: runs) {
            try inspect(frames[next % frames.count], examiner)
            next += 1
        }
    }

    /// One frame per thread; the time is that of a round divided by its frames.
    func throughput(runs: Int) throws -> BenchmarkTimes {
        let perWorker = 4
        let failure = Mutex<(any Error)?>(nil)
        let examiners = (0..<threads).map { _ in FrameExaminer(threads: 1, limits: .default) }
        // Each examiner is used by one iteration of the loop only.
        nonisolated(unsafe) let workers = examiners
        let rounds = try BenchmarkTimes.measureAll(runs: runs) {
            DispatchQueue.concurrentPerform(iterations: threads) { worker in
                do {
                    for step in 0..<perWorker { try inspect(frames[(worker + step) % frames.count], workers[worker]) }
                } catch {
                    failure.withLock { $0 = error }
                }
            }
            if let error = failure.withLock({ $0 }) { throw error }
        }
        return BenchmarkTimes(milliseconds: rounds.map { $0 / Double(threads * perWorker) })
    }

    private func inspect(_ data: Data, _ examiner: FrameExaminer) throws {
        let examination = try examiner.examine(data, with: model)
        let inspection = examination.inspection(
            resultID: "benchmark", line: "benchmark", image: ImageInfo(path: "frame.jpg"), createdAt: Date())
        _ = try ResultPictures(examination, of: inspection, policy: .anomalous)
    }
}
