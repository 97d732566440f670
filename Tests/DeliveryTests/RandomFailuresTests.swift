import Delivery
import Foundation
import InspectionPipeline
import SeededRandom
import Synchronization
import Testing

/// Whatever the receiver does and however often the gateway is stopped: every record arrives, in order per line, and a
/// duplicate has the id of a record that arrived before.
@Suite struct RandomFailuresTests {
    /// Random answers, the same for a seed whatever the order of the calls.
    private final class Moods: Sendable {
        private let random: Mutex<SplitMix64>
        init(seed: UInt64) { random = Mutex(SplitMix64(seed: seed)) }
        func next(below limit: UInt64) -> UInt64 { random.withLock { $0.next() % limit } }
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func every_record_arrives_in_order_per_line(seed: UInt64) async throws {
        try await Plant.open { plant in
            let moods = Moods(seed: seed), lines = ["a", "b", "c"], perLine = 12
            let sink = ScriptedSink(concurrency: 2) { _, _ in
                // An acknowledgement that never comes is ended by the stop.
                switch moods.next(below: 20) {
                case 0: .failed("away")
                case 1: .refused("never")
                case 2: moods.next(below: 4) == 0 ? nil : .delivered
                default: .delivered
                }
            }
            try await plant.introduce(sink)
            let recorder = Task {
                for number in 0..<perLine {
                    for line in lines { try plant.record(number..<number + 1, line: line) }
                    try await Task.sleep(for: .milliseconds(Int(moods.next(below: 30))))
                }
            }
            let everything = Set(lines.flatMap { line in (0..<perLine).map { "\(line)\($0)" } })
            var rounds = 0
            while Set(sink.messages.map(\.id)) != everything {
                rounds += 1
                guard rounds < 200 else {
                    throw TooManyRounds(missing: everything.subtracting(sink.messages.map(\.id)))
                }
                try await plant.run(sink) {
                    try await Task.sleep(for: .milliseconds(200 + Int(moods.next(below: 600))))
                    _ = try plant.store.retry(sink: "played")
                }
            }
            try await recorder.value
            let dead = sink.refused
            for line in lines {
                // A dead letter comes later, out of turn.
                let numbers = sink.ids(of: line).filter { !dead.contains($0) }.compactMap { Int($0.dropFirst()) }
                var highest = -1
                for number in numbers {
                    #expect(
                        number <= highest + 1 || (highest + 1..<number).allSatisfy { dead.contains("\(line)\($0)") })
                    highest = max(highest, number)
                }
            }
        }
    }

    private struct TooManyRounds: Error { let missing: Set<String> }
}
