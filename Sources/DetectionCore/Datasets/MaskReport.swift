import Foundation
import Imaging
import LinuxPlatform

/// The quality of a data set's masks: missing, empty or implausible ones. Reported beside the pixel measures.
package struct MaskReport: Codable, Sendable, Equatable {
    /// The number of defective images.
    package var defective: Int
    /// The number of defective images without a mask.
    package var missing: Int
    /// The expected names of the mask of the first image without one.
    package var lookedFor: [String]
    /// The name of another file in that folder, if there is one.
    package var foundInstead: String?
    /// Masks without a defective pixel; they count as missing.
    package var empty: [String] = []
    /// Masks that cover more than half of their image: perhaps everything but the defect.
    package var mostlyDefective: [String] = []
    /// Masks with another size but the same aspect ratio as their image.
    package var scaled: [String] = []

    enum CodingKeys: String, CodingKey {
        case defective, missing, empty, scaled
        case lookedFor = "looked_for"
        case foundInstead = "found_instead"
        case mostlyDefective = "mostly_defective"
    }

    /// Remarks for a reader of the measures; none if every defect has a sound mask.
    package var remarks: [String] {
        var remarks: [String] = []
        if missing > 0 {
            remarks.append(
                "\(missing) of \(defective) defective images have no mask and do not count in pixel measures; expected "
                    + lookedFor.joined(separator: " or ")
                    + (foundInstead.map { "; the folder holds \($0), for example" } ?? ""))
        }
        func name(_ paths: [String], _ text: String) {
            guard !paths.isEmpty else { return }
            let shown = paths.prefix(5).joined(separator: ", ")
            remarks.append("\(text): \(shown)" + (paths.count > 5 ? " and \(paths.count - 5) more" : ""))
        }
        name(empty, "\(empty.count) masks of defects are empty (no pixel above 0) and do not count in pixel measures")
        name(
            mostlyDefective,
            "\(mostlyDefective.count) masks mark more than half of their image as defective; are they inverted?")
        name(scaled, "\(scaled.count) masks have another size than their image and were scaled to it")
        return remarks
    }
}

extension Dataset {
    /// The error of masks that cannot belong to their images.
    package struct ForeignMasks: Error, Sendable, CustomStringConvertible {
        package let descriptions: [String]
        package var description: String {
            let shown = descriptions.prefix(5).joined(separator: "; ")
            let more = descriptions.count > 5 ? "; and \(descriptions.count - 5) more" : ""
            return
                "masks that cannot belong to their images: \(shown)\(more); a mask needs its image's size or aspect ratio"
        }
    }

    /// Checks the headers of all masks and their images: cheap enough before a fit.
    /// - Returns: the report, without the checks that need the masks' pixels.
    /// - Throws: `ForeignMasks`, `FrameSource.Unreadable` for a mask.
    package func checkMasks() throws -> MaskReport {
        let defective = test.filter(\.isAnomalous)
        let missing = defective.filter { $0.mask == nil }
        var report = MaskReport(
            defective: defective.count, missing: missing.count,
            lookedFor: missing.first.map { maskNames(of: $0) } ?? [])
        // Class folders have no masks.
        if maskFolder == nil { (report.missing, report.lookedFor) = (0, []) }
        report.foundInstead = report.lookedFor.first.flatMap(Self.neighbour)
        var foreign: [String] = []
        for item in defective {
            guard let mask = item.mask else { continue }
            let own = try Self.size(RawPath(mask))
            // An image that cannot be read is reported when it is scored.
            guard let picture = try? Self.size(item.file), own != picture else { continue }
            if own.0 * picture.1 == own.1 * picture.0 {
                report.scaled.append(mask)
            } else {
                foreign.append("\(mask) has \(own.0)×\(own.1) pixels, \(item.path) has \(picture.0)×\(picture.1)")
            }
        }
        guard foreign.isEmpty else { throw ForeignMasks(descriptions: foreign) }
        return report
    }

    /// The first name in the folder of an expected mask.
    private static func neighbour(_ path: String) -> String? {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }
            .min()
    }

    private static func size(_ file: RawPath) throws -> (Int, Int) {
        do {
            let probe = try Frame.probe(try FileSystem().read(file, followsLinks: true))
            return (probe.width, probe.height)
        } catch {
            throw FrameSource.Unreadable(path: file.description, reason: "\(error)")
        }
    }
}
