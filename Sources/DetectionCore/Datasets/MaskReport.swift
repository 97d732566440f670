import Foundation
import Imaging
import LinuxPlatform

/// What the masks of a data set's defects are worth: which are missing, empty, or look wrong. Told beside the pixel measures.
package struct MaskReport: Codable, Sendable, Equatable {
    /// Pictures of defects.
    package var defective: Int
    /// Those without a mask.
    package var missing: Int
    /// The names that were looked for, for the first picture without a mask.
    package var lookedFor: [String]
    /// A name that lies there instead, if any does.
    package var foundInstead: String?
    /// Masks in which nothing is defective; they count as missing.
    package var empty: [String] = []
    /// Masks that cover more than half of their picture: perhaps everything but the defect.
    package var mostlyDefective: [String] = []
    /// Masks of another size than their picture, but of its shape.
    package var scaled: [String] = []

    enum CodingKeys: String, CodingKey {
        case defective, missing, empty, scaled
        case lookedFor = "looked_for"
        case foundInstead = "found_instead"
        case mostlyDefective = "mostly_defective"
    }

    /// What a reader of the measures must know, in sentences; none when every defect has a sound mask.
    package var remarks: [String] {
        var remarks: [String] = []
        if missing > 0 {
            remarks.append(
                "\(missing) of \(defective) pictures of defects have no mask and say nothing about pixels; looked for "
                    + lookedFor.joined(separator: ", then ")
                    + (foundInstead.map { "; the folder holds \($0), for example" } ?? ""))
        }
        func name(_ paths: [String], _ text: String) {
            guard !paths.isEmpty else { return }
            let shown = paths.prefix(5).joined(separator: ", ")
            remarks.append("\(text): \(shown)" + (paths.count > 5 ? " and \(paths.count - 5) more" : ""))
        }
        name(empty, "\(empty.count) masks of defects are empty (no pixel above 0) and say nothing about pixels")
        name(
            mostlyDefective,
            "\(mostlyDefective.count) masks call more than half of their picture defective; are they inverted?")
        name(scaled, "\(scaled.count) masks have another size than their picture and were scaled to it")
        return remarks
    }
}

extension Dataset {
    /// Masks that cannot belong to their pictures.
    package struct ForeignMasks: Error, Sendable, CustomStringConvertible {
        package let descriptions: [String]
        package var description: String {
            let shown = descriptions.prefix(5).joined(separator: "; ")
            let more = descriptions.count > 5 ? "; and \(descriptions.count - 5) more" : ""
            return
                "masks that cannot belong to their pictures: \(shown)\(more); a mask has its picture's size (or its shape)"
        }
    }

    /// Looks at the headers of all masks and their pictures: cheap enough to do before anything is fitted.
    /// - Returns: the report, without what only the masks' pixels tell.
    /// - Throws: `ForeignMasks`, `FrameSource.Unreadable` for a mask.
    package func checkMasks() throws -> MaskReport {
        let defective = test.filter(\.isAnomalous)
        let missing = defective.filter { $0.mask == nil }
        var report = MaskReport(
            defective: defective.count, missing: missing.count,
            lookedFor: missing.first.map { maskNames(of: $0) } ?? [])
        // Class folders have no masks, and nobody expects any.
        if maskFolder == nil { (report.missing, report.lookedFor) = (0, []) }
        report.foundInstead = report.lookedFor.first.flatMap(Self.neighbour)
        var foreign: [String] = []
        for item in defective {
            guard let mask = item.mask else { continue }
            let own = try Self.size(RawPath(mask))
            // A picture that cannot be read is reported when it is scored.
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

    /// What lies where a mask was looked for: the first name there.
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
