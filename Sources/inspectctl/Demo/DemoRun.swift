import Foundation
import InspectionDomain
import InspectionPipeline
import LedgerStore
import SampleFrames

/// Runs the daemon, writes the frames as a camera would, and collects the inspections.
struct DemoRun {
    let demo: DemoFolder
    let configuration: Configuration
    let datasets: [SampleDataset]
    let global: GlobalOptions

    private struct Dropped {
        let product: SampleProduct
        let kind: String
        let path: String
    }

    func inspectAll(started: ContinuousClock.Instant) throws -> DemoSummary {
        let daemon = try DaemonProcess(configurationFile: demo.configurationFile, logFile: demo.logFile)
        let ready = try daemon.start()
        global.remark(String(format: "inspectd (process %d) ready after %.2f s", daemon.pid, ready.inSeconds))
        let dropped: [Dropped]
        let entries: [String: HistoryEntry]
        do {
            dropped = try drop()
            entries = try wait(for: dropped, daemon)
        } catch {
            daemon.stop()
            throw error
        }
        let code = daemon.stop()
        guard code == 0 else {
            throw ProgramError(
                .unavailable, "inspectd exited with \(code) when it was stopped; see its log \(demo.logFile)")
        }
        let frames = dropped.compactMap { one in
            entries[one.path].map { DemoSummary.Frame(one.product.rawValue, kind: one.kind, entry: $0) }
        }
        return DemoSummary(frames: frames, seconds: (ContinuousClock.now - started).inSeconds)
    }

    /// A camera writes under another name and renames: the frame is complete when it appears.
    private func drop() throws -> [Dropped] {
        var dropped: [Dropped] = []
        for data in datasets {
            for item in data.items where item.path.hasPrefix("test/") {
                let kind = item.defect?.rawValue ?? "flawless"
                let number = URL(fileURLWithPath: item.path).lastPathComponent
                let target = "\(demo.watched(data.product))/\(kind)-\(number)"
                let arriving = "\(demo.watched(data.product))/.arriving"
                try FileManager.default.copyItem(
                    atPath: "\(demo.pictures(data.product))/\(item.path)", toPath: arriving)
                try FileManager.default.moveItem(atPath: arriving, toPath: target)
                dropped.append(Dropped(product: data.product, kind: kind, path: target))
            }
        }
        return dropped
    }

    /// Waits until the ledger holds every frame, and the frames have left the watched folders.
    private func wait(for dropped: [Dropped], _ daemon: DaemonProcess) throws -> [String: HistoryEntry] {
        let bar = global.progress("inspecting", total: dropped.count)
        let start = ContinuousClock.now
        var found: [String: HistoryEntry] = [:]
        while found.count < dropped.count {
            usleep(50_000)
            try daemon.check()
            let entries = try History.inspections(configuration, HistoryFilter(limit: 2 * dropped.count))
            found = Dictionary(entries.map { ($0.inspection.image.path, $0) }) { first, _ in first }
            bar.advance(to: found.count)
            guard ContinuousClock.now - start < .seconds(180) else {
                throw ProgramError(
                    .unavailable,
                    "\(found.count) of \(dropped.count) frames inspected within 180 s; see the log \(demo.logFile)"
                )
            }
        }
        bar.finish()
        return found
    }
}
