import Foundation
import ImageFolders
import LinuxPlatform

/// A data set in the MVTec AD layout: `train/good`, optionally `validation/good`, `test/good`, `test/<defect>`, and
/// `ground_truth/<defect>/<stem>_mask.png` or `<stem>.png` (see `DefectMask`). `ok` is read as `good`, and so is
/// GANomaly's `0.normal`. Or class folders, `train/<class>` and `test/<class>`, of which some are normal.
package struct Dataset: Sendable {
    package struct Item: Sendable {
        package let file: RawPath
        /// `good`, or the kind of defect.
        package let kind: String
        /// The mask's path; nil for normal images and for defects without one.
        package let mask: String?
        package var isAnomalous: Bool { kind != "good" }
        /// The path as text.
        package var path: String { file.description }
    }

    package let train: [RawPath]
    package let validation: [RawPath]
    package let test: [Item]
    /// The names of the normal class folders.
    package let classes: [String]

    /// `<data set>/ground_truth`; nil for class folders.
    let maskFolder: String?

    /// The possible paths of an image's mask, the first existing one counts: MVTec AD's name, then the image's with
    /// `.png`.
    func maskNames(of item: Item) -> [String] { Self.maskNames(item.file, item.kind, maskFolder ?? "ground_truth") }

    private static func maskNames(_ file: RawPath, _ kind: String, _ folder: String) -> [String] {
        let stem = String(decoding: file.stemAndExtension.stem, as: UTF8.self)
        return ["\(folder)/\(kind)/\(stem)_mask.png", "\(folder)/\(kind)/\(stem).png"]
    }

    /// The normal classes of class folders; all others are anomalous.
    package enum NormalClasses: Sendable, Equatable {
        case these([String])
        case allBut(String)
    }

    /// The number of images per class, evenly spread over the order of names; nil for all.
    package struct Limits: Sendable, Equatable {
        package var train, test: Int?
        package init(train: Int? = nil, test: Int? = nil) { (self.train, self.test) = (train, test) }

        static func take(_ limit: Int?, of paths: [RawPath]) -> [RawPath] {
            guard let limit, limit < paths.count else { return paths }
            return (0..<limit).map { paths[$0 * paths.count / limit] }
        }
    }
    /// Kinds of defect, sorted.
    package var defects: [String] { Set(test.filter(\.isAnomalous).map(\.kind)).sorted() }

    package struct Malformed: Error, Sendable, CustomStringConvertible {
        package let message: String
        package var description: String {
            "\(message); the layout is train/good, optionally validation/good, test/good, test/<defect>, "
                + "ground_truth/<defect>/<stem>_mask.png; or train/0.normal, test/0.normal, test/1.abnormal; or "
                + "train/<class>, test/<class> with --one-class, --abnormal-class or --known"
        }
    }

    /// Reads class folders.
    /// - Throws: `Malformed`.
    package init(folder: String, normal: NormalClasses, limits: Limits = Limits()) throws {
        try Self.check(folder)
        let known = Self.folders(in: "\(folder)/train"), tested = Self.folders(in: "\(folder)/test")
        let named: [String]
        switch normal {
        case .these(let names): (named, classes) = (names, names)
        case .allBut(let name): (named, classes) = ([name], known.filter { $0 != name })
        }
        for name in named where !known.contains(name) {
            throw Malformed(message: "\(folder)/train has no class \(name); it has \(known.joined(separator: ", "))")
        }
        let normal = classes
        train = try normal.flatMap { Limits.take(limits.train, of: try Self.pictures(in: "\(folder)/train/\($0)")) }
            .sorted()
        validation = []
        maskFolder = nil
        test = try tested.flatMap { kind in
            Limits.take(limits.test, of: try Self.pictures(in: "\(folder)/test/\(kind)")).map {
                Item(file: $0, kind: normal.contains(kind) ? "good" : kind, mask: nil)
            }
        }
        guard !train.isEmpty else {
            throw Malformed(
                message: classes.isEmpty
                    ? "\(folder)/train has no class but \(named.joined(separator: ", ")): no class is left to be normal"
                    : "\(folder)/train/\(classes.joined(separator: ",")) holds no images")
        }
        guard !Set(tested).isSubset(of: classes) else {
            throw Malformed(
                message: "every class of \(folder)/test is normal: leave one out as the anomalous one")
        }
        try Self.check(test, folder)
    }

    /// - Throws: `Malformed`.
    package init(folder: String, limits: Limits = Limits()) throws {
        let files = FileManager.default
        try Self.check(folder)
        classes = []
        train = Limits.take(limits.train, of: try Self.good(in: "\(folder)/train"))
        guard !train.isEmpty else { throw Malformed(message: "\(folder)/train/good holds no images") }
        validation = try Self.good(in: "\(folder)/validation")
        let maskFolder = "\(folder)/ground_truth"
        self.maskFolder = maskFolder
        var test: [Item] = []
        for kind in ((try? files.contentsOfDirectory(atPath: "\(folder)/test")) ?? []).sorted() {
            let isGood = Self.goodNames.contains(kind)
            for path in Limits.take(limits.test, of: try Self.pictures(in: "\(folder)/test/\(kind)")) {
                let masks = isGood ? [] : Self.maskNames(path, kind, maskFolder)
                test.append(
                    Item(
                        file: path, kind: isGood ? "good" : kind,
                        mask: masks.first { files.fileExists(atPath: $0) }))
            }
        }
        try Self.check(test, folder)
        self.test = test
    }

    private static func check(_ folder: String) throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw Malformed(message: "\(folder) is not a folder")
        }
    }

    private static func check(_ test: [Item], _ folder: String) throws {
        guard test.contains(where: { !$0.isAnomalous }), test.contains(where: \.isAnomalous) else {
            throw Malformed(message: "\(folder)/test needs images of good parts and of at least one kind of defect")
        }
    }

    /// Folders of normal images.
    static let goodNames = ["good", "ok", "0.normal"]

    private static func good(in folder: String) throws -> [RawPath] {
        try goodNames.flatMap { try pictures(in: "\(folder)/\($0)") }
    }

    private static func folders(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().filter { name in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isDirectory)
                && isDirectory.boolValue
        }
    }

    /// The images of one folder, without its subfolders; none if the folder does not exist.
    private static func pictures(in folder: String) throws -> [RawPath] {
        var images = ImageFolder(RawPath(folder), searchesSubfolders: false)
        do {
            return try images.scan().images.map(\.path).sorted()
        } catch let error as SystemError where error.isMissing {
            return []
        }
    }
}
