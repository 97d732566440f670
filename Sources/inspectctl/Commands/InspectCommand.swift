import ArgumentParser
import DetectionCore
import DetectionMethods
import Foundation
import ImageFolders
import Imaging
import InspectionDomain
import InspectionPipeline
import LinuxPlatform

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Inspects images once, without the daemon: a JSON line per image.",
        discussion: """
            Each line has the content of the daemon's result.json. An image that cannot be read gets the verdict \
            `error`, and the others are inspected. With --fail-on-anomaly, the exit code is 65 if an image could not \
            be inspected, else 1 if an image is anomalous; without it, 66 if a named file does not exist.

              inspectctl inspect part.jpg --model plate.model
              inspectctl inspect incoming/ --model plate --overlays overlays --fail-on-anomaly
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var rule: RuleOptions

    @Argument(help: "Images, or folders of images.", completion: .file())
    var paths: [String]

    @Option(
        help: ArgumentHelp(
            "A model of the state folder, or a file of `inspectctl fit --output`.", valueName: "name|file"),
        completion: .modelsAndFiles)
    var model: String

    @Option(
        help: ArgumentHelp("Write each image's overlay to this folder.", valueName: "folder"), completion: .directory)
    var overlays: String?

    @Option(
        help: ArgumentHelp("Write each image's anomaly map (16-bit PNG) to this folder.", valueName: "folder"),
        completion: .directory)
    var maps: String?

    @Option(help: "Cores that one image may use.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Exit with 1 if an image is anomalous, with 65 if one could not be inspected.")
    var failOnAnomaly = false

    func validate() throws {
        try requireRanges([("--threads", threads, 1...256)])
    }

    func run() throws {
        let configuration = try global.configuration()
        let loaded = try ModelStore(folder: configuration.modelsPath).load(reference: model)
        let line = configuration.lines.first { $0.model == loaded.record.name }
        let decidingRule = rule.isExplicit ? rule.rule(line) : line?.rule ?? loaded.stored.calibration.rule
        let serving = try ServingModel(loaded, rule: decidingRule)
        let examiner = FrameExaminer(
            threads: threads, limits: configuration.decodeLimits)
        var anomalies = 0, failures = 0, missing = 0
        for subject in expand(paths, line?.images ?? ImageRule()) {
            let inspection: Inspection
            switch subject {
            case .image(let file): inspection = try inspect(file, examiner, serving)
            case .failure(let file, let error): inspection = Self.failed(file, error)
            }
            anomalies += inspection.verdict == .anomalous ? 1 : 0
            failures += inspection.verdict == .error ? 1 : 0
            missing += inspection.error?.code == Self.missingCode ? 1 : 0
            try Output.printJSON(inspection, pretty: false)
        }
        // An image that was not inspected outweighs an anomalous one: its content is unknown.
        if failOnAnomaly && failures > 0 {
            throw ProgramError(
                .badData,
                "\(failures) of the images could not be inspected; the lines with the verdict error give the reasons"
            )
        }
        if missing > 0 {
            throw ProgramError(
                .noInput, "not found: \(paths.filter { !Self.isThere($0) }.map(\.printable).joined(separator: ", "))")
        }
        if failOnAnomaly && anomalies > 0 { throw ExitCode(ExitStatus.anomaly.rawValue) }
    }

    /// An image to inspect, or a named path that cannot be one.
    private enum Subject {
        case image(RawPath)
        case failure(RawPath, InspectionError)
    }

    private static let missingCode = "missing"

    private static func isThere(_ path: String) -> Bool { (try? FileSystem().exists(RawPath(path))) != false }

    /// Files as given, and the images in folders.
    private func expand(_ paths: [String], _ rule: ImageRule) -> [Subject] {
        paths.flatMap { path -> [Subject] in
            let file = RawPath(path)
            do {
                guard try FileSystem().status(file, followsLinks: true).kind == .folder else { return [.image(file)] }
                let images = try FrameSource(folders: [path], rule: rule)
                if !images.skipped.isEmpty {
                    global.remark("\(path.printable): skipped \(images.skipped.text)")
                }
                return Self.unreadableParts(images.skipped, of: file) + images.files.map { .image($0) }
            } catch let error as FrameSource.Empty {
                return [.failure(file, InspectionError(code: "empty", message: "\(error)"))]
            } catch {
                return [.failure(file, Self.unreadable(error))]
            }
        }
    }

    /// A folder counts as uninspected if one of its subfolders cannot be read.
    private static func unreadableParts(_ skipped: SkippedCounts, of folder: RawPath) -> [Subject] {
        let count = skipped[.unreadable]
        guard count > 0 else { return [] }
        return [
            .failure(
                folder,
                InspectionError(code: "permission", message: "\(count) of its files and folders cannot be read"))
        ]
    }

    private static let noFile = InspectionError(
        code: "unsupported", message: "not a file but a pipe, a socket or a device: give an image")

    /// The reason why a file cannot be read, as the record of an image that could not be inspected.
    private static func unreadable(_ error: any Error) -> InspectionError {
        let system = error as? SystemError
        if system?.isMissing == true {
            return InspectionError(code: missingCode, message: "no such file or folder")
        }
        return InspectionError(
            code: system?.isPermission == true ? "permission" : "unreadable", message: "cannot read it: \(error)")
    }

    private static func failed(_ file: RawPath, _ error: InspectionError, sha256: String? = nil) -> Inspection {
        // Without content, the name identifies it.
        let digest = sha256 ?? ContentDigest.sha256(of: Data(file.bytes))
        return Inspection(
            resultID: String(digest.prefix(16)), line: "", createdAt: Date(),
            image: ImageInfo(path: absolute(file), sha256: sha256), verdict: .error, error: error)
    }

    private static func absolute(_ file: RawPath) -> String {
        URL(fileURLWithPath: file.description).standardizedFileURL.path
    }

    /// The largest file read into memory; no camera writes larger ones.
    private static let largestFile = 1 << 30

    private func inspect(
        _ file: RawPath, _ examiner: FrameExaminer, _ serving: ServingModel
    ) throws -> Inspection {
        let data: Data
        do {
            let status = try FileSystem().status(file, followsLinks: true)
            guard status.kind == .file else { return Self.failed(file, Self.noFile) }
            guard status.size <= Self.largestFile else {
                let size = Quantity.text(bytes: status.size), limit = Quantity.text(bytes: Self.largestFile)
                let message = "the file has \(size), more than the limit of \(limit) for an image"
                return Self.failed(file, InspectionError(code: "too-large", message: message))
            }
            data = try FileSystem().read(file, limit: Self.largestFile, followsLinks: true)
        } catch {
            return Self.failed(file, Self.unreadable(error))
        }
        let image = ImageInfo(path: Self.absolute(file), sha256: ContentDigest.sha256(of: data))
        let resultID = String((image.sha256 ?? "").prefix(16))
        let examination: Examination
        do {
            examination = try examiner.examine(data, with: serving)
        } catch let error as ImageError {
            let reason = InspectionError(code: error.code.rawValue, message: error.message)
            return Self.failed(file, reason, sha256: image.sha256)
        } catch let error as InspectionError {
            return Self.failed(file, error, sha256: image.sha256)
        }
        var inspection = examination.inspection(resultID: resultID, line: "", image: image, createdAt: Date())
        let start = ContinuousClock.now
        let name = "\(RawPath(bytes: file.stemAndExtension.stem))-\(resultID)"
        if let overlays {
            let target = "\(overlays)/\(name).jpg"
            try Output.write(try ResultImages.overlay(examination, of: inspection), to: target)
            inspection.files.overlay = target
        }
        if let maps {
            let target = "\(maps)/\(name).png"
            let map = try ResultImages.map(examination, .full)
            try Output.write(map.file, to: target)
            inspection.files.anomalyMap = target
            inspection.map = map.placement
        }
        inspection.timingMilliseconds.write = (ContinuousClock.now - start).inMilliseconds
        return inspection
    }
}
