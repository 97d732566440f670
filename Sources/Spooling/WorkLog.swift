import Foundation
import LinuxPlatform

/// The starts and pauses of work on the frames of a sheet, and the processes they crashed: `active/<sheet>/.begun`.
///
/// Lines are appended and never changed:
/// ```
/// <id> begun                  work began, beside other frames
/// <id> alone                  work began, on this frame alone
/// <id> rests                  work stopped, the process continued: a transient failure
/// <id> crashed <run> <signal> the process <run> noted, while it died of the signal, that it was working on the frame
/// <id>                        written by an earlier version: work began
/// ```
/// Work that began and did not rest, while the claim still exists, was ended by the process's death. Nothing is synced:
/// a power cut may lose lines, never add any, and that errs in the frame's favour.
struct WorkLog {
    static let name = ".begun"

    enum Event: Equatable {
        case begun, alone, rests
        case crashed(run: String, signal: Int32)

        fileprivate var words: String {
            switch self {
            case .begun: "begun"
            case .alone: "alone"
            case .rests: "rests"
            case .crashed(let run, let signal): "crashed \(run) \(signal)"
            }
        }

        fileprivate init?(_ words: [Substring]) {
            switch words.first {
            case "begun" where words.count == 1: self = .begun
            case "alone" where words.count == 1: self = .alone
            case "rests" where words.count == 1: self = .rests
            case "crashed" where words.count == 3:
                guard let signal = Int32(words[2]) else { return nil }
                self = .crashed(run: String(words[1]), signal: signal)
            default: return nil
            }
        }
    }

    /// The history of one frame.
    struct Frame {
        /// Deaths of processes while they worked on it; the second counts those that worked on nothing else.
        fileprivate(set) var deaths = 0, deathsAlone = 0
        /// One entry per process that noted it.
        fileprivate(set) var crashes: [(run: String, signal: Int32)] = []
        /// Whether an earlier version began to work on it.
        fileprivate(set) var isOpenWithoutEnd = false
        private var isInWork = false, isAlone = false

        fileprivate mutating func take(_ event: Event?) {
            switch event {
            case .begun, .alone:
                endByDeath()
                (isInWork, isAlone) = (true, event == .alone)
            case .rests: isInWork = false
            case .crashed(let run, let signal):
                // The note may be read twice if a process died before it could remove it.
                if !crashes.contains(where: { $0.run == run }) { crashes.append((run, signal)) }
            case nil: isOpenWithoutEnd = true
            }
        }

        fileprivate mutating func endByDeath() {
            guard isInWork else { return }
            deaths += 1
            if isAlone { deathsAlone += 1 }
            isInWork = false
        }
    }

    private var frames: [String: Frame] = [:]

    /// Reads the log that a dead process left.
    /// - Throws: `SystemError`.
    init(in folder: RawPath, _ fileSystem: FileSystem) throws {
        let data: Data
        do {
            data = try fileSystem.read(folder / Self.name, limit: 1 << 26)
        } catch let error as SystemError where error.isMissing {
            return
        }
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let id = words.first else { continue }
            let event = Event(Array(words.dropFirst()))
            // A malformed line was torn by a power cut.
            guard event != nil || words.count == 1 else { continue }
            frames[String(id), default: Frame()].take(event)
        }
        for id in frames.keys { frames[id]?.endByDeath() }
    }

    subscript(id: String) -> Frame { frames[id] ?? Frame() }

    /// - Throws: `SystemError`.
    static func note(_ event: Event, _ id: String, in folder: RawPath, _ fileSystem: FileSystem) throws {
        try fileSystem.append(folder / name, Data("\(id) \(event.words)\n".utf8))
    }
}
