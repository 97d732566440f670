import AnomalyDetectors
import ArgumentParser
import Foundation
import ImageFolders
import Imaging
import InspectionDomain
import InspectionPipeline
import LinuxPlatform

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Inspects pictures once, without the daemon: a JSON line per picture.",
        discussion: """
            Each line is what the daemon would write as result.json. A picture that cannot be read gets the verdict `error`.

              inspectctl inspect part.jpg --model plate.model
              inspectctl inspect incoming/ --model plate --overlays overlays --fail-on-anomaly
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var rule: RuleOptions

    @Argument(help: "Pictures, or folders of pictures.")
    var paths: [String]

    @Option(
        help: ArgumentHelp(
            "A model of the state folder, or a file of `inspectctl fit --output`.", valueName: "name|file"))
    var model: String

    @Option(help: ArgumentHelp("Write an overlay picture of each there.", valueName: "folder"))
    var overlays: String?

    @Option(help: ArgumentHelp("Write the anomaly map of each there (16-bit PNG).", valueName: "folder"))
    var maps: String?

    @Option(help: "Cores that one picture may use.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "End with 1 when a picture is anomalous.")
    var failOnAnomaly = false

    func validate() throws {
        guard (1...256).contains(threads) else {
            throw ValidationError("--threads must be from 1 to 256, got \(threads)")
        }
    }

    func run() throws {
        let configuration = try global.configuration()
        let loaded = try ModelStore(folder: configuration.modelsPath).load(reference: model)
        let line = configuration.lines.first { $0.model == loaded.record.name }
        let decidingRule = rule.isExplicit ? rule.rule(line) : line?.rule ?? loaded.stored.calibration.rule
        let examiner = FrameExaminer(
            threads: threads, limits: configuration.decodeLimits)
        var anomalies = 0
        for path in try expand(paths, line?.images ?? ImageRule()) {
            let inspection = try inspect(path, examiner, loaded, decidingRule)
            anomalies += inspection.verdict == .anomalous ? 1 : 0
            try Output.printJSON(inspection, pretty: false)
        }
        if failOnAnomaly && anomalies > 0 { throw ExitCode(ExitStatus.anomaly.rawValue) }
    }

    /// Files as they are, folders as the images in them.
    private func expand(_ paths: [String], _ rule: ImageRule) throws -> [RawPath] {
        try paths.flatMap { path -> [RawPath] in
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
                throw ProgramError(.noInput, "there is no file or folder \(path)")
            }
            guard isDirectory.boolValue else { return [RawPath(path)] }
            let images = try FrameSource(folders: [path], rule: rule)
            if !images.passedOver.isEmpty { global.remark("\(path): passed over \(images.passedOver.text)") }
            return images.files
        }
    }

    private func inspect(
        _ file: RawPath, _ examiner: FrameExaminer, _ model: LoadedModel, _ rule: CalibrationRule
    ) throws -> Inspection {
        let path = file.description
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        let data: Data
        do {
            data = try FileSystem().read(file, followsLinks: true)
        } catch {
            throw ProgramError(.io, "cannot read \(path): \(error)")
        }
        let image = ImageInfo(path: absolute, sha256: SHA256.hex(of: data))
        let resultID = String((image.sha256 ?? "").prefix(16))
        do {
            let examination = try examiner.examine(data, with: model, rule: rule)
            var inspection = examination.inspection(resultID: resultID, line: "", image: image, createdAt: Date())
            let start = ContinuousClock.now
            let name = "\(URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)-\(resultID)"
            if let overlays {
                let target = "\(overlays)/\(name).jpg"
                try Output.write(try ResultPictures.overlay(examination, of: inspection), to: target)
                inspection.files.overlay = target
            }
            if let maps {
                let target = "\(maps)/\(name).png"
                try Output.write(try ResultPictures.map(examination), to: target)
                inspection.files.anomalyMap = target
            }
            inspection.timingMilliseconds.write = (ContinuousClock.now - start).inMilliseconds
            return inspection
        } catch let error as ImageError {
            return Inspection(
                resultID: resultID, line: "", createdAt: Date(), image: image, verdict: .error,
                error: InspectionError(code: error.code.rawValue, message: error.message))
        }
    }
}
