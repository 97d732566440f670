import DetectionCore
import ImageFolders
import Imaging

/// Images to recalibrate a model on, judged: readable, not flat, none that the model was fitted on, and grouped by
/// part.
package struct CalibrationImages: Sendable {
    /// The images, stretched for the model.
    package let frames: FrameSource
    /// Indices of images, grouped by part: the promise counts parts.
    package let parts: [[Int]]
    /// Remarks for the user.
    package let remarks: [String]

    /// - Parameters:
    ///   - folders: the images' folders; empty for a list of files.
    ///   - training: the record of the images that the model was fitted on; nil for a model without one.
    ///   - skipsFitted: leaves images out that the model was fitted on, instead of refusing them all.
    /// - Throws: `TrainingDataRefused`.
    package init(
        _ images: FrameSource, folders: [String] = [], for record: ModelRecord, training: TrainingRecord?,
        options: TrainingDataOptions = TrainingDataOptions(), skipsFitted: Bool = false, workers: Int,
        progress: WorkProgress? = nil
    ) throws {
        let fitted = record.fittedImages
        let data = try TrainingData(
            images, folders: folders, options: options, fixed: fitted?.intensity, workers: workers, progress: progress)
        var reasons = data.refusals, remarks = data.remarks
        var kept = Array(data.profiles.indices)
        if let training {
            let prints = data.profiles.map(\.print)
            let shared = SameParts.shared(fitting: training.images.map(\.print), calibration: prints)
            if let leak = TrainingData.leakage(
                shared, fitting: training.images.map(\.name), calibration: data.profiles.map(\.path))
            {
                if skipsFitted {
                    let out = Set(shared.map(\.calibration))
                    kept.removeAll(where: out.contains)
                    remarks.append("left out: \(leak)")
                } else {
                    reasons.append(leak + ". Images that were fitted on are left out with --skip-fitted")
                }
            }
        } else {
            remarks.append(
                "model \(record.name) version \(record.version) does not say which images it was fitted on, so "
                    + "nothing keeps them out of this calibration; a new fit records them")
        }
        guard reasons.isEmpty else { throw TrainingDataRefused(reasons) }
        parts = data.parts(among: kept)
        var frames = data.source.subset(kept)
        frames.intensity = fitted?.intensity
        (self.frames, self.remarks) = (frames, remarks)
    }
}
