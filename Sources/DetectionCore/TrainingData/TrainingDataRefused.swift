import Foundation
import Imaging

/// The error of images that a model must not be fitted or calibrated on: all faults at once, with remedies.
package struct TrainingDataRefused: Error, Sendable, Equatable, CustomStringConvertible {
    /// A sentence or more each.
    package let reasons: [String]

    package init(_ reasons: [String]) { self.reasons = reasons }

    package var description: String {
        reasons.count == 1
            ? reasons[0]
            : "\(reasons.count) faults in the images:\n" + reasons.map { "- \($0)" }.joined(separator: "\n")
    }
}

extension TrainingData {
    /// The reasons why a model must not be fitted on the images; empty for none.
    package var refusals: [String] {
        var reasons: [String] = []
        if !unreadable.isEmpty, !options.skipsUnreadable || profiles.isEmpty {
            reasons.append(
                "\(count(unreadable.count)) cannot be read: "
                    + ImageNames.list(unreadable.map { "\($0.path): \($0.reason)" }, most: 20, separator: "; ")
                    + "; replace or remove them, or skip them with --skip-unreadable")
        }
        if !layout.isEmpty {
            let remedy = FolderLayout.remedy(folders: folders).map { "give \($0) instead" }
            reasons.append(
                "not all folders hold flawless images: "
                    + layout.map { "\($0.folder) holds \($0.images) \($0.kind)" }.joined(separator: "; ") + "; "
                    + (remedy ?? "give each folder of flawless images"))
        } else if !masks.isEmpty {
            reasons.append(
                "\(count(masks.count)) have only two values, as masks have: \(names(masks)); remove them from the folder"
            )
        }
        if !flat.isEmpty { reasons.append(flatReason) }
        // Frames of the history were inspected unchanged: only folders of images can be corrected.
        if !transparent.isEmpty, !folders.isEmpty {
            reasons.append(
                "\(count(transparent.count)) have no visible contrast: they are fully transparent (alpha is 0 everywhere): "
                    + "\(names(transparent)); save them without alpha, and set the camera to RGB or grey")
        }
        if !strangers.isEmpty, !options.keepsOutliers {
            reasons.append(
                "these \(strangers.count) of \(profiles.count) images are unlike the rest: "
                    + names(strangers.map(\.index))
                    + "; remove them, or keep them with --keep-outliers if they show flawless parts")
        }
        return reasons
    }

    private var flatReason: String {
        let shown = flat.map { profiles[$0] }
        var kinds: [(kind: String, images: Int)] = []
        for kind in shown.map(\.flatKind) {
            if let index = kinds.firstIndex(where: { $0.kind == kind }) {
                kinds[index].images += 1
            } else {
                kinds.append((kind, 1))
            }
        }
        let remark = shown.lazy.flatMap(\.remarks).first.map { " (\($0))" } ?? ""
        return "\(count(flat.count)) have no contrast, so a model cannot learn from them: "
            + kinds.map { "\($0.images) \($0.kind)" }.joined(separator: ", ") + remark + ": \(names(flat)); "
            + "check lens cap, lamp, exposure and transparency, and remove or replace the images"
    }

    /// Further remarks for the user.
    package var remarks: [String] {
        var remarks: [String] = []
        if !unreadable.isEmpty, options.skipsUnreadable {
            remarks.append(
                "\(count(unreadable.count)) cannot be read and are skipped: "
                    + ImageNames.list(unreadable.map { "\($0.path): \($0.reason)" }, most: 20, separator: "; "))
        }
        if !strangers.isEmpty, options.keepsOutliers {
            remarks.append(
                "these \(strangers.count) of \(profiles.count) images are unlike the rest and are kept: "
                    + names(strangers.map(\.index)))
        }
        if parts.count < profiles.count {
            remarks.append(
                "\(profiles.count) images show \(parts.count) part\(parts.count == 1 ? "" : "s"): near-duplicates are "
                    + "counted once")
        }
        let depths = Set(profiles.map(\.bitDepth))
        if depths.count > 1 {
            let shallow = profiles.count { $0.bitDepth == 8 }
            remarks.append(
                "\(count(shallow)) have 8 bits per sample, the others 16: those of 8 are used as stored")
        }
        if case .bits(let bits) = options.intensity, bits > 8, depths == [8] {
            remarks.append("the images have 8 bits per sample: intensity \(options.intensity.text) has no effect")
        }
        if !intensity.isWhole {
            remarks.append(
                "intensities \(intensity.text) are in use; the largest value of the images is "
                    + "\(profiles.filter { $0.bitDepth == intensity.bitDepth }.map(\.highest).max() ?? 0)")
        }
        if !outside.isEmpty {
            remarks.append(
                "\(count(outside.count)) have values outside \(intensity.text), clipped to it: \(names(outside))")
        }
        let sizes = sizes
        if sizes.count > 1 {
            remarks.append(
                "the images have \(sizes.count) sizes: "
                    + ImageNames.list(sizes.map { "\($0.images) of \($0.width)×\($0.height)" }, most: 4))
        }
        return remarks
    }

    private func count(_ some: Int) -> String { "\(some) of \(profiles.count + unreadable.count) images" }

    private func names(_ indices: [Int]) -> String { ImageNames.list(indices.map { profiles[$0].path }) }

    /// The reason why calibration images are not independent of the fitting images; nil if they are.
    /// - Parameters:
    ///   - fitting: names of the fitting images.
    ///   - calibration: names of the others.
    package static func leakage(
        _ shared: [SameParts.Shared], fitting: [String], calibration: [String], kind: String = "calibration"
    ) -> String? {
        guard !shared.isEmpty else { return nil }
        let copies = shared.count(where: \.isCopy)
        let kinds = [
            copies > 0 ? "\(copies) \(copies == 1 ? "is a copy" : "are copies")" : nil,
            copies < shared.count
                ? "\(shared.count - copies) \(shared.count - copies == 1 ? "shows a part" : "show parts") that it was fitted on"
                : nil,
        ].compactMap(\.self).joined(separator: ", ")
        return "\(shared.count) of \(calibration.count) \(kind) images are not independent of the model: "
            + kinds + ": "
            + ImageNames.list(
                shared.map {
                    "\(calibration[$0.calibration]) \($0.isCopy ? "=" : "≈") \(fitting[$0.fitting])"
                }, separator: "; ")
            + (kind == "calibration"
                ? "; calibrate on images of other parts, or the model flags far more than promised"
                : "; results on them are better than on other parts")
    }

    /// The same, from the images' profiles.
    package static func leakage(
        fitting: [ImageProfile], calibration: [ImageProfile], kind: String = "calibration"
    ) -> String? {
        leakage(
            SameParts.shared(fitting: fitting.map(\.print), calibration: calibration.map(\.print)),
            fitting: fitting.map(\.path), calibration: calibration.map(\.path), kind: kind)
    }
}

extension ImageProfile {
    /// The appearance of an image without contrast.
    fileprivate var flatKind: String {
        let level = contrast.mean * scale(.whole(bitDepth))
        return level < 0.1 ? "black" : level > 0.9 ? "white" : "of one even value"
    }
}

/// Lists of names in messages.
enum ImageNames {
    static func list(_ names: [String], most: Int = 8, separator: String = ", ") -> String {
        names.prefix(most).joined(separator: separator)
            + (names.count > most ? "\(separator)and \(names.count - most) more" : "")
    }
}
