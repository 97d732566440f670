import Foundation

/// A data set in the MVTec AD layout: `train/good`, optionally `validation/good`, `test/good`, `test/<defect>`, and
/// `ground_truth/<defect>/<stem>_mask.png` (a pixel above 0 is defective). `ok` is read as `good`.
public struct Dataset: Sendable {
    public struct Item: Sendable {
        public let path: String
        /// `good`, or the kind of defect.
        public let kind: String
        /// The mask's path; nil for normal pictures and for defects without one.
        public let mask: String?
        public var isAnomalous: Bool { kind != "good" }
    }

    public let train: [String]
    public let validation: [String]
    public let test: [Item]
    /// Kinds of defect, sorted.
    public var defects: [String] { Set(test.filter(\.isAnomalous).map(\.kind)).sorted() }

    public struct Malformed: Error, Sendable, CustomStringConvertible {
        public let message: String
        public var description: String {
            "\(message); the layout is train/good, optionally validation/good, test/good, test/<defect>, "
                + "ground_truth/<defect>/<stem>_mask.png"
        }
    }

    /// - Throws: `Malformed`.
    public init(folder: String) throws {
        let files = FileManager.default
        var isDirectory: ObjCBool = false
        guard files.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw Malformed(message: "\(folder) is not a folder")
        }
        train = Self.good(in: "\(folder)/train")
        guard !train.isEmpty else { throw Malformed(message: "\(folder)/train/good holds no pictures") }
        validation = Self.good(in: "\(folder)/validation")
        var test: [Item] = []
        for kind in ((try? files.contentsOfDirectory(atPath: "\(folder)/test")) ?? []).sorted() {
            let isGood = kind == "good" || kind == "ok"
            for path in Self.pictures(in: "\(folder)/test/\(kind)") {
                let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
                let mask = "\(folder)/ground_truth/\(kind)/\(stem)_mask.png"
                test.append(
                    Item(
                        path: path, kind: isGood ? "good" : kind,
                        mask: !isGood && files.fileExists(atPath: mask) ? mask : nil))
            }
        }
        guard test.contains(where: { !$0.isAnomalous }), test.contains(where: \.isAnomalous) else {
            throw Malformed(message: "\(folder)/test needs pictures of good parts and of at least one kind of defect")
        }
        self.test = test
    }

    private static func good(in folder: String) -> [String] {
        pictures(in: "\(folder)/good") + pictures(in: "\(folder)/ok")
    }

    private static func pictures(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { FrameSource.isPicture($0) }.sorted().map { "\(folder)/\($0)" }
    }
}
