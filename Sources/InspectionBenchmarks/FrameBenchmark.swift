import DetectionCore
import Dispatch
import Foundation
import Imaging
import InspectionDomain
import InspectionPipeline
import Synchronization

/// The way of a whole frame in memory: decode, detect, regions, images; disk and ledger apart.
package struct FrameBenchmark {
    package static let latencyName = "frame_1024x768_latency"
    package static let throughputName = "frame_1024x768_throughput"
    package static let plainName = "frame_1024x768_plain_latency"
    package static let plainThroughputName = "frame_1024x768_plain_throughput"
    package static let names = [latencyName, throughputName, plainName, plainThroughputName]

    private let threads: Int
    private let model: ServingModel
    private let frames: [Data]

    package init(threads: Int) throws {
        self.threads = threads
        let folder = try BenchmarkModel.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = ModelStore(folder: folder.path + "/models")
        try BenchmarkModel.fit(into: store, pictures: folder, workers: threads)
        model = try ServingModel(try store.load(BenchmarkModel.name), rule: BenchmarkModel.rule)
        frames = try BenchmarkModel.frames()
    }

    /// One frame at a time on all threads.
    /// - Parameter pictures: whether the frame has overlay, map and mask; else the drawn ones, flawless, have none.
    package func latency(runs: Int, pictures: Bool) throws -> BenchmarkTimes {
        BenchmarkTimes(milliseconds: try BenchmarkTimes.repeated(runs, try oneByOne(frames: 1, pictures: pictures)))
    }

    /// One frame per thread; the time is that of a round divided by its frames.
    package func throughput(runs: Int, pictures: Bool) throws -> BenchmarkTimes {
        BenchmarkTimes(milliseconds: try BenchmarkTimes.repeated(runs, sideBySide(pictures: pictures)))
    }

    /// `frames` in turn on all threads, all of the benchmark's unless given otherwise.
    func oneByOne(frames count: Int? = nil, pictures: Bool) throws -> () throws -> Double {
        let examiner = FrameExaminer(threads: threads, limits: .default), count = count ?? frames.count
        var next = 0
        return {
            try BenchmarkTimes.time {
                for _ in 0..<count {
                    try inspect(frames[next % frames.count], examiner, pictures)
                    next += 1
                }
            } / Double(count)
        }
    }

    /// The detector on the same frames, decoded before.
    func detectorAlone() throws -> () throws -> Double {
        let detector = try model.detector.model.model.makeDetector(threads: threads)
        let frames = try frames.map { try Frame.decode($0, limits: .default) }
        return {
            try BenchmarkTimes.time { for frame in frames { _ = try detector.detect(frame) } } / Double(frames.count)
        }
    }

    /// Four frames on each thread, all threads at once.
    func sideBySide(pictures: Bool) -> () throws -> Double {
        let perWorker = 4
        let examiners = (0..<threads).map { _ in FrameExaminer(threads: 1, limits: .default) }
        // Each examiner is used by one iteration of the loop only.
        nonisolated(unsafe) let workers = examiners
        return {
            let failure = Mutex<(any Error)?>(nil)
            return try BenchmarkTimes.time {
                DispatchQueue.concurrentPerform(iterations: threads) { worker in
                    do {
                        for step in 0..<perWorker {
                            try inspect(frames[(worker + step) % frames.count], workers[worker], pictures)
                        }
                    } catch {
                        failure.withLock { $0 = error }
                    }
                }
                if let error = failure.withLock({ $0 }) { throw error }
            } / Double(threads * perWorker)
        }
    }

    private func inspect(_ data: Data, _ examiner: FrameExaminer, _ pictures: Bool) throws {
        let examination = try examiner.examine(data, with: model)
        let inspection = examination.inspection(
            resultID: "benchmark", line: "benchmark", image: ImageInfo(path: "frame.jpg"), createdAt: Date())
        _ = try ResultImages(
            examination, of: inspection, overlay: pictures ? .always : .anomalous, map: .grid,
            threads: examiner.threads)
    }
}
