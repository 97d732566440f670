import LinuxPlatform

/// The inbox's thread. Scans decide; inotify, or a timer without it, only wakes them.
final class InboxLoop {
    private static let wakeUp = Int32(200)

    private let finder: FrameFinder
    private let keeper: LedgerKeeper
    private let flow: FrameFlow
    private let gates: Gates
    private let storage: Storage
    private let progress: ProgressBoard.Part
    private let stop: Bell

    init(
        finder: FrameFinder, keeper: LedgerKeeper, flow: FrameFlow, gates: Gates, storage: Storage,
        progress: ProgressBoard.Part, stop: Bell
    ) {
        (self.finder, self.keeper, self.flow, self.gates) = (finder, keeper, flow, gates)
        (self.storage, self.progress, self.stop) = (storage, progress, stop)
    }

    func run() {
        var nextScan = ContinuousClock.now, openings = gates.lines.openings
        var ledgerPause = (failures: 0, until: ContinuousClock.now)
        while !stop.stopped {
            // Its folders are not watched before they have been scanned.
            if finder.followConfiguration() { nextScan = .now }
            guard gates.intake.isOpen(obstacle: keeper.obstacle(&ledgerPause)) else {
                stop.wait(.milliseconds(500))
                nextScan = .now
                continue
            }
            gates.lines.hasten { !storage.files.isUnwritable($0) }
            if openings != gates.lines.openings { (openings, nextScan) = (gates.lines.openings, .now) }
            guard hand(over: admitted()) else { return }
            if ContinuousClock.now >= nextScan {
                progress.begin("scanning the watched folders")
                let found = finder.scan()
                progress.rest()
                guard hand(over: found.frames) else { return }
                nextScan = found.isMore ? .now : .now + pause(until: found.nextLook)
                if found.isMore { continue }
            }
            if waitForEvents(until: nextScan) { nextScan = .now }
        }
    }

    /// Claims that are due and whose line takes frames. Those of other lines are due again a second later, without
    /// counting a failure.
    private func admitted() -> [ClaimedFrame] {
        flow.resting.due().filter { frame in
            let isAdmitted = gates.lines.admits(frame.path, line: frame.line.name, isTaken: true)
            if !isAdmitted { flow.resting.wait(frame, for: .seconds(1)) }
            return isAdmitted
        }
    }

    /// Also true when the ledger was removed: new records would go into a file without a name.
    private var isStopped: Bool { gates.intake.reason != nil || storage.ledger.displacement != nil }

    /// Waits for room in the queues. Meanwhile, and after the gate has closed, the frames wait where they are.
    /// - Returns: false when the daemon ends.
    private func hand(over claims: [ClaimedFrame]) -> Bool {
        for (index, frame) in claims.enumerated() {
            if isStopped {
                for rest in claims[index...] { flow.putBack(rest) }
                break
            }
            guard flow.queues.push(frame) else { return false }
        }
        return true
    }

    /// The same for frames that are to be claimed.
    private func hand(over arrivals: [ArrivedFrame]) -> Bool {
        for (index, frame) in arrivals.enumerated() {
            if isStopped {
                flow.putBack(arrivals[index...])
                break
            }
            guard flow.queues.push(frame) else { return false }
        }
        return true
    }

    /// An incomplete file is checked twice a second, because its changes may come without events.
    private func pause(until look: ContinuousClock.Instant?) -> Duration {
        guard let look else { return finder.interval }
        return min(finder.interval, .milliseconds(500), max(.milliseconds(5), look - .now))
    }

    /// - Returns: whether a scan may find something new.
    private func waitForEvents(until scan: ContinuousClock.Instant) -> Bool {
        let milliseconds = Int32(clamping: Int(max(.zero, scan - .now) / .milliseconds(1)) + 1)
        let time = min(Self.wakeUp, milliseconds)
        guard let wakes = finder.wait(milliseconds: time) else {
            stop.wait(.milliseconds(Int(time)))
            return flow.names.takeFreed()
        }
        return flow.names.takeFreed() || wakes
    }
}
