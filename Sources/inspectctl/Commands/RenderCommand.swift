import ArgumentParser
import DetectionMethods
import Foundation
import Imaging
import InspectionDomain
import InspectionPipeline
import LinuxPlatform

struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Writes a result's anomaly map at any size.",
        discussion: """
            `anomaly_map.png` has the detector's own resolution; this stretches it, by default to the size of the frame. \
            Its levels keep their meaning: 32768 is the pixel threshold. With --heat, it is written in the overlay's \
            colours.

              inspectctl render 0198c2f1a5b3e7d90a1c2 --output map.png
              inspectctl render results/plate/2026-11-30/p1-1a22c8d60b64fca5f25be --width 512 --height 384 --output map.png
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("A result's id, or its folder.", valueName: "id|folder"), completion: .directory)
    var result: String

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file(extensions: ["png"]))
    var output: String

    @Option(help: ArgumentHelp("The width; by default the frame's.", valueName: "pixels"))
    var width: Int?

    @Option(help: ArgumentHelp("The height; by default the frame's.", valueName: "pixels"))
    var height: Int?

    @Flag(help: "Write it in colours: green is the threshold, as in overlays.")
    var heat = false

    func validate() throws {
        guard (width == nil) == (height == nil) else { throw ValidationError("give --width and --height together") }
        try requireRanges([("--width", width ?? 1, 1...65_500), ("--height", height ?? 1, 1...65_500)])
    }

    func run() throws {
        let (inspection, folder) = try found()
        guard let name = inspection.files.anomalyMap, let threshold = inspection.pixelThreshold else {
            throw ProgramError(
                .noInput,
                "the result \(inspection.resultID.printable) has no anomaly map: only anomalous frames and those with an "
                    + "overlay have one")
        }
        let file = folder / name
        let map = try Frame.decode(try FileSystem().read(file), limits: .default)
        guard case .sixteen(let levels) = map.samples, map.channels == 1 else {
            throw ProgramError(.badData, "\(file) is no anomaly map: those are grey with 16 bits")
        }
        let size = (width ?? inspection.image.width ?? map.width, height ?? inspection.image.height ?? map.height)
        // As regions and overlays stretch it, so that the pixels above the threshold are the same.
        let values = Overlay.upsample(
            levels.map { Float($0) }, width: map.width, height: map.height, toWidth: size.0, toHeight: size.1)
        let stretched = Frame(
            width: size.0, height: size.1, channels: 1, samples: .sixteen(values.map { UInt16($0.rounded()) }))
        try Output.write(
            heat
                ? try Overlay.heat(stretched).encodedPNG()
                : try Overlay.mapPNG(stretched, pixelThreshold: Float(threshold)), to: output)
    }

    /// The record, and the folder it lies in.
    private func found() throws -> (Inspection, RawPath) {
        let files = FileSystem()
        let given = RawPath(result)
        if try files.exists(given) {
            let folder = try files.status(given, followsLinks: true).kind == .folder ? given : given.parent
            let record = try files.read(folder / "result.json")
            return (try DomainJSON.decoder().decode(Inspection.self, from: record), folder)
        }
        guard let entry = try History.ledger(try global.existingConfiguration())?.entry(result) else {
            throw ProgramError(
                .noInput,
                "there is no folder and no result '\(result.printable)'; `inspectctl history --format json` lists result ids"
            )
        }
        return (entry.inspection, RawPath(entry.resultPath))
    }
}
