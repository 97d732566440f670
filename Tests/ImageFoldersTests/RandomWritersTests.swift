import Foundation
import ImageFolders
import LinuxPlatform
import SeededRandom
import Testing

/// Random writers against the state machine, in simulated time: no frame is taken before it is whole, none later
/// than `settle` after its last change.
@Suite struct RandomWritersTests {
    /// A way to write a file.
    enum Habit: CaseIterable {
        /// Piece by piece, with pauses.
        case slow
        /// Allocates the whole length first, then fills it in order.
        case preallocating
        /// Over an earlier frame, without cutting it off.
        case rewriting
        /// Opens, appends a piece and closes, again and again.
        case appending
        /// Elsewhere, and then renames.
        case renaming
        /// Makes the file empty and closes it; fills it later.
        case makingEmptyFirst
    }

    /// The evidence about the writer.
    enum Evidence: CaseIterable {
        /// Notifications of the kernel.
        case notifications
        /// Nothing, as on a network share.
        case none
        /// The kernel tells whether the file is open.
        case kernel
    }

    /// One thing that happens to the file.
    private struct Step {
        var time: Double
        var writer: Completeness.Writer?
        var change: ((inout CompletenessTests.File) -> Void)?
    }

    private static let settle = 30.0

    /// The steps of a writer; the last makes the file whole.
    private static func steps(_ habit: Habit, _ evidence: Evidence, _ image: Data, _ random: inout SplitMix64) -> [Step]
    {
        // Without evidence of the writer, a file that has its end already (an earlier frame's) is only recognised by
        // its quiet.
        var longest = habit == .rewriting && evidence == .none ? 0.9 : settle * 0.9
        // One pause before a piece is closed, and one after.
        if habit == .appending { longest /= 2 }
        var time = Double.random(in: 0...2, using: &random)
        var steps: [Step] = []
        func then(
            _ writer: Completeness.Writer?, pause: ClosedRange<Double> = 0...0.01,
            _ change: ((inout CompletenessTests.File) -> Void)? = nil
        ) {
            steps.append(Step(time: time, writer: writer, change: change))
            time += Double.random(in: pause, using: &random)
        }
        if habit == .renaming {
            then(.closed) { file in
                file.data = image
                file.changes += 1
            }
            return steps
        }
        if habit == .makingEmptyFirst {
            then(.open)
            then(.closed, pause: 0...longest) { $0.changes += 1 }
        }
        then(.open) { file in
            file.changes += 1
            if habit == .preallocating { file.data = Data(count: image.count) }
        }
        var at = 0
        while at < image.count {
            let count = min(image.count - at, Int.random(in: 1...max(2, image.count / 3), using: &random))
            let piece = image.dropFirst(at).prefix(count), offset = at
            if habit == .appending, at > 0 { then(.open) }
            then(.open, pause: 0...longest) { $0.write(Data(piece), at: offset) }
            at += count
            if habit == .appending, at < image.count { then(.closed, pause: 0...longest) }
        }
        // The pause behind the last piece: the writer may be slow to close.
        let last = steps.count - 1
        time = steps[last].time + Double.random(in: 0...5, using: &random)
        then(.closed)
        return steps
    }

    /// A file, the steps of its writer, and the outcome.
    private struct Writer {
        let habit: Habit
        let path: RawPath
        var file = CompletenessTests.File()
        let steps: [Step]
        var next = 0
        /// The time when it was taken, and the last change before.
        var taken: Double?

        var isThere: Bool { next > 0 || habit == .rewriting }
        var wholeAt: Double { steps.last { $0.change != nil }?.time ?? 0 }
        var closedAt: Double { steps.last?.time ?? 0 }
    }

    /// All habits at once in one folder, under one kind of evidence.
    @Test(arguments: Evidence.allCases)
    func no_frame_is_taken_before_it_is_whole_and_none_later_than_it_settles(evidence: Evidence) throws {
        let seed = UInt64.random(in: 0...999_999)
        var random = SplitMix64(seed: seed)
        let image = try CompletenessTests.image.get()
        for round in 0..<40 {
            var machine = Completeness(settle: .seconds(Self.settle))
            var writers = Habit.allCases.enumerated().map { index, habit in
                var writer = Writer(
                    habit: habit, path: RawPath("/camera/\(index).jpg"),
                    steps: Self.steps(habit, evidence, image, &random))
                writer.file.inode = UInt64(index + 1)
                guard habit == .rewriting else { return writer }
                // An earlier frame that is longer than the new one and ends well.
                writer.file.data = image.prefix(image.count / 3) + Data(repeating: 0x5A, count: 400) + image.suffix(900)
                writer.file.changes = 1
                return writer
            }
            var time = 0.0
            while writers.contains(where: { $0.taken == nil }), time < 3000 {
                for index in writers.indices where writers[index].taken == nil {
                    Self.advance(&writers[index], to: time, evidence, &machine)
                    // Before its writer begins, the earlier frame is nobody's concern here.
                    guard writers[index].next > 0 else { continue }
                    let judgement = try CompletenessTests.judge(
                        &machine, writers[index].file, path: writers[index].path, at: time)
                    if judgement.isTaken { writers[index].taken = time }
                }
                // The inbox scans after each event of the kernel, and every half second while a file rests.
                let steps = writers.filter { $0.taken == nil && $0.next < $0.steps.count }.map {
                    $0.steps[$0.next].time
                }
                time = min(time + 0.5, steps.min() ?? .infinity)
            }
            for writer in writers {
                let comment = Comment(rawValue: "seed \(seed), round \(round), \(writer.habit)")
                let when = try #require(writer.taken, comment)
                #expect(when >= writer.wholeAt, comment)
                #expect(writer.file.data.prefix(image.count).elementsEqual(image), comment)
                // At most one scan, half a second, later.
                #expect(when <= writer.closedAt + Self.settle + 0.5, comment)
                if evidence != .none { #expect(when <= writer.closedAt + 0.5, comment) }
            }
        }
    }

    private static func advance(
        _ writer: inout Writer, to time: Double, _ evidence: Evidence, _ machine: inout Completeness
    ) {
        while writer.next < writer.steps.count, writer.steps[writer.next].time <= time {
            let step = writer.steps[writer.next]
            step.change?(&writer.file)
            if let state = step.writer {
                switch evidence {
                case .notifications: machine.note(writer.path, state)
                case .kernel: writer.file.isOpen = state == .open
                case .none: break
                }
            }
            writer.next += 1
        }
    }
}
