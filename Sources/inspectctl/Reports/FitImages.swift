import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import InspectionPipeline
import InspectionPlots

/// Files stored beside a fitted model: the loss curve, overlays of calibration images, and the report itself.
enum FitImages {
    private static let examples = 4

    /// - Returns: contents by file name.
    static func files(_ fitted: ModelFitting.Fitted, calibration: Calibration, report: FitReport) throws -> [String:
        Data]
    {
        var files = ["fit.json": try DomainJSON.encoder().encode(report)]
        for file in try ofTraining(fitted.history, fitted.trainingPictures) { files[file.name] = file.data }
        if let model = fitted.file.model as? any ReconstructingModel {
            files["reconstructions.png"] = try reconstructions(model, fitted.pictures.calibration)
                .encodedPNG(compression: .small)
        }
        files["maps.png"] = try mapExamples(fitted, calibration).encodedPNG(compression: .small)
        return files
    }

    /// The course of training: the method's own files, else the curves of the losses.
    static func ofTraining(
        _ history: TrainingHistory?, _ own: (@Sendable () throws -> [ReportFile])?
    ) throws -> [ReportFile] {
        if let own { return try own() }
        guard let history else { return [] }
        let loss = ReportFile("loss.svg", lossCurve(history).data)
        return [loss] + (partCurves(history).map { [ReportFile("losses.svg", $0.data)] } ?? [])
    }

    private static func lossCurve(_ history: TrainingHistory) -> SVG {
        func points(_ values: [Double?]) -> [(x: Double, y: Double)] {
            values.enumerated().compactMap { index, value in value.map { (Double(index + 1), log10(max($0, 1e-12))) } }
        }
        var series = [(name: "training", points: points(history.epochs.map(\.loss)))]
        let heldOut = points(history.epochs.map(\.heldOutLoss))
        if !heldOut.isEmpty { series.append((name: "kept apart", points: heldOut)) }
        return Charts.lines(
            series, title: "loss, best after epoch \(history.bestEpoch + 1)", xLabel: "epoch",
            yLabel: "log10 of the loss")
    }

    /// What the loss is made of, and what was trained against it, epoch by epoch.
    private static func partCurves(_ history: TrainingHistory) -> SVG? {
        let names = Set(history.epochs.flatMap { ($0.parts ?? [:]).keys }).sorted()
        guard !names.isEmpty else { return nil }
        return Charts.lines(
            names.map { name in
                (
                    name: name,
                    points: history.epochs.enumerated().compactMap { epoch, entry in
                        entry.parts?[name].map { (x: Double(epoch + 1), y: $0) }
                    }
                )
            }, title: "parts of the loss", xLabel: "epoch", yLabel: "mean over the epoch")
    }

    /// Some calibration images, each followed by its reconstruction.
    private static func reconstructions(_ model: any ReconstructingModel, _ pictures: FrameSource) throws -> Frame {
        let frames = try (0..<min(2 * examples, pictures.count)).map { try pictures.frame($0) }
        let made = try model.reconstructions(of: frames)
        let entries = zip(frames, made).enumerated().flatMap { index, pair in
            let name = URL(fileURLWithPath: pictures.paths[index]).lastPathComponent
            return [
                ContactSheet.Entry(frame: pair.0, caption: "image", detail: name, colour: .blue),
                ContactSheet.Entry(frame: pair.1, caption: "reconstruction", detail: name, colour: .grey(120)),
            ]
        }
        return ContactSheet.draw(entries, title: "flawless images and their reconstructions")
    }

    /// The calibration images with the highest scores, and some in the middle.
    private static func mapExamples(_ fitted: ModelFitting.Fitted, _ calibration: Calibration) throws -> Frame {
        let ranked = fitted.scores.sorted { $0.imageScore > $1.imageScore }
        let middle = ranked.dropFirst(examples).dropFirst(max(0, ranked.count / 2 - examples)).prefix(examples)
        let detector = try fitted.file.model.makeDetector(threads: 1)
        let entries = try (ranked.prefix(examples) + middle).map { score in
            let frame = try FrameSource(paths: [score.path]).frame(0).stretched(fitted.pictures.calibration.intensity)
            return ContactSheet.Entry(
                frame: EvaluationPlots.heated(frame, try detector.detect(frame).map, calibration.pixelThreshold),
                caption: "score " + Output.score(score.imageScore),
                detail: URL(fileURLWithPath: score.path).lastPathComponent,
                colour: score.imageScore > calibration.imageThreshold ? .orange : .blue)
        }
        return ContactSheet.draw(entries, title: "flawless images: the highest scores, and some in the middle")
    }
}
