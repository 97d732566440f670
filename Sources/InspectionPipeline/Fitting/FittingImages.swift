import DetectionCore
import ImageFolders
import Imaging
import LinuxPlatform

extension ModelFitting {
    /// The images to fit and to calibrate on, and their profiles.
    package struct Pictures: Sendable {
        package private(set) var fitting: FrameSource
        package private(set) var calibration: FrameSource
        /// The origin of the calibration images, in words.
        package let source: String
        /// Profiles of the images, in their order; empty if the images were not judged.
        package let fittingProfiles, calibrationProfiles: [ImageProfile]
        /// Indices of calibration images, grouped by part: the promise counts parts.
        package let parts: [[Int]]
        /// Whether the calibration images are those fitted on, each scored without its part.
        package let areLeftOut: Bool

        /// - Parameters:
        ///   - fittingProfiles: profiles of the images; empty when the images are used as they are.
        ///   - parts: nil when each calibration image counts.
        package init(
            fitting: FrameSource, calibration: FrameSource, source: String, fittingProfiles: [ImageProfile] = [],
            calibrationProfiles: [ImageProfile] = [], parts: [[Int]]? = nil, areLeftOut: Bool = false
        ) {
            (self.fitting, self.calibration, self.source) = (fitting, calibration, source)
            (self.fittingProfiles, self.calibrationProfiles) = (fittingProfiles, calibrationProfiles)
            self.parts = parts ?? (0..<calibration.count).map { [$0] }
            self.areLeftOut = areLeftOut
        }

        /// The same images with their intensities stretched.
        func with(_ intensity: IntensityRange?) -> Pictures {
            var pictures = self
            pictures.fitting.intensity = intensity
            pictures.calibration.intensity = intensity
            return pictures
        }
    }

    /// Uses separate calibration folders. Without any, each image calibrates under the model without its part, or a
    /// fifth of the images is held out, near-duplicates together.
    /// - Throws: `FrameSource.Empty`, `TrainingDataRefused`, `NearDuplicates.OneGroup`, `ProgramError`.
    package func pictures(
        normal: [String], calibration: [String], rule images: ImageRule = ImageRule(), limits: DecodeLimits = .default,
        progress: WorkProgress? = nil
    ) throws -> Pictures {
        let all = try FrameSource(folders: normal, rule: images, limits: limits)
        guard !calibration.isEmpty else {
            return try pictures(of: all, folders: normal, source: normal.joined(separator: ", "), progress: progress)
        }
        let held = try FrameSource(folders: calibration, rule: images, limits: limits)
        let shared = Set(all.files).intersection(held.files)
        guard shared.isEmpty else {
            throw ProgramError(
                .badData,
                "\(shared.count) images are both in the fitting and the calibration folders (\(shared.min()?.description ?? "")); "
                    + "calibration images must not be fitting images: give separate folders, or only --normal"
            )
        }
        let fitting = try examine(all, folders: normal, progress: progress)
        let other = try TrainingData(
            held, folders: calibration, options: data, beside: fitting.profiles, workers: workers, progress: progress)
        try judge(other, reasons: other.refusals + [Self.leakage(fitting, other)].compactMap(\.self))
        return Self.pictures(fitting, other, source: calibration.joined(separator: ", "))
    }

    /// Uses given parts of a data set that is measured as it is: each calibration image counts.
    package func pictures(
        fitting: FrameSource, calibration: FrameSource, source: String, progress: WorkProgress? = nil
    ) throws -> Pictures {
        let known = try examine(fitting, folders: [], progress: progress)
        let held = try TrainingData(
            calibration, options: data, beside: known.profiles, workers: workers, progress: progress)
        try judge(held, reasons: held.refusals + [Self.leakage(known, held)].compactMap(\.self))
        return Pictures(
            fitting: known.source, calibration: held.source, source: source, fittingProfiles: known.profiles,
            calibrationProfiles: held.profiles)
    }

    /// Holds out a fifth of each product's images, for a gate.
    /// - Parameter products: each product's images, and their origin in words.
    /// - Throws: the errors of `pictures(normal:calibration:)`.
    package func pictures(
        ofEach products: [(frames: FrameSource, source: String)], progress: WorkProgress? = nil
    ) throws -> Pictures {
        let each = try products.map {
            try pictures(of: $0.frames, folders: [$0.source], source: $0.source, progress: progress)
        }
        func sorted(_ paths: [RawPath], _ profiles: [ImageProfile]) -> (order: [Int], profiles: [ImageProfile]) {
            let order = paths.indices.sorted { paths[$0] < paths[$1] }
            return (order, order.map { profiles[$0] })
        }
        let limits = each.first?.fitting.limits ?? .default
        let fitting = each.flatMap(\.fitting.files), calibration = each.flatMap(\.calibration.files)
        let fitted = sorted(fitting, each.flatMap(\.fittingProfiles))
        let held = sorted(calibration, each.flatMap(\.calibrationProfiles))
        var place = [Int](repeating: 0, count: calibration.count)
        for (new, old) in held.order.enumerated() { place[old] = new }
        var parts: [[Int]] = [], start = 0
        for product in each {
            parts += product.parts.map { $0.map { place[$0 + start] }.sorted() }
            start += product.calibration.count
        }
        return Pictures(
            fitting: FrameSource(files: fitted.order.map { fitting[$0] }, limits: limits),
            calibration: FrameSource(files: held.order.map { calibration[$0] }, limits: limits),
            source: each.map(\.source).joined(separator: "; "), fittingProfiles: fitted.profiles,
            calibrationProfiles: held.profiles, parts: parts)
    }

    /// Leaves each part out in turn, or holds out a fifth of the images, near-duplicates together; more if a fifth shows
    /// too few parts for the rule.
    /// - Parameters:
    ///   - folders: the images' folders, to be judged by their names.
    ///   - source: the origin of the images, in words.
    package func pictures(
        of all: FrameSource, folders: [String] = [], source: String, progress: WorkProgress? = nil
    ) throws -> Pictures {
        let data = try examine(all, folders: folders, progress: progress)
        if leavingOut != .never {
            return Pictures(
                fitting: data.source, calibration: data.source,
                source: "each part of \(source) left out in turn (\(data.profiles.count) images, \(data.parts.count) "
                    + "parts)",
                fittingProfiles: data.profiles, calibrationProfiles: data.profiles,
                parts: onlyRemarks ? nil : data.parts,
                areLeftOut: true)
        }
        let prints = data.profiles.map(\.print)
        let split = try NearDuplicates.split(
            prints, parts: data.parts, needed: rule.imagesNeeded, share: Self.heldOutShare, seed: seed)
        if Double(split.calibration.count) > 1.5 * Self.heldOutShare * Double(all.count) {
            remark?(
                "\(split.calibration.count) of \(data.profiles.count) images are held out, more than a fifth: the rate needs "
                    + "\(rule.imagesNeeded) parts")
        }
        // A data set that is measured as it is counts images.
        let parts = onlyRemarks ? nil : data.parts(among: split.calibration)
        return Pictures(
            fitting: data.source.subset(split.fitting), calibration: data.source.subset(split.calibration),
            source: "held out from \(source) (\(data.profiles.count) images, \(data.parts.count) parts)",
            fittingProfiles: split.fitting.map { data.profiles[$0] },
            calibrationProfiles: split.calibration.map { data.profiles[$0] }, parts: parts)
    }

    private static func pictures(_ fitting: TrainingData, _ held: TrainingData, source: String) -> Pictures {
        Pictures(
            fitting: fitting.source, calibration: held.source, source: source, fittingProfiles: fitting.profiles,
            calibrationProfiles: held.profiles, parts: held.parts)
    }

    /// Profiles images and judges them.
    private func examine(_ frames: FrameSource, folders: [String], progress: WorkProgress?) throws -> TrainingData {
        let data = try TrainingData(
            frames, folders: folders, options: data, workers: workers, progress: progress)
        var reasons = data.refusals
        if data.profiles.count > 1, data.parts.count == 1 { reasons.append(Self.onePart(data, rule)) }
        try judge(data, reasons: reasons)
        return data
    }

    /// Refuses the images, or only warns about them.
    private func judge(_ data: TrainingData, reasons: [String]) throws {
        if onlyRemarks {
            // An unreadable image cannot be measured either.
            if let bad = data.unreadable.first, !data.options.skipsUnreadable { throw bad }
            for reason in reasons { remark?("warning: " + reason) }
        } else if !reasons.isEmpty {
            throw TrainingDataRefused(reasons)
        }
        for text in data.remarks { remark?(text) }
    }

    private static func onePart(_ data: TrainingData, _ rule: CalibrationRule) -> String {
        let error = NearDuplicates.OneGroup(count: data.profiles.count, groups: 1, needed: rule.imagesNeeded)
        return error.description
    }

    private static func leakage(_ fitting: TrainingData, _ held: TrainingData) -> String? {
        TrainingData.leakage(fitting: fitting.profiles, calibration: held.profiles)
    }
}
