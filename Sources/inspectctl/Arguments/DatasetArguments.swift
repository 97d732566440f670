import ArgumentParser
import DetectionCore

/// The layout of a data set's folder.
struct DatasetArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("The one normal class of class folders; all others are anomalous.", valueName: "class"))
    var oneClass: String?

    @Option(
        help: ArgumentHelp("The one anomalous class of class folders; all others are normal.", valueName: "class"))
    var abnormalClass: String?

    @Option(
        help: ArgumentHelp(
            "The normal classes of class folders, separated by commas; a gate learns to tell them apart.",
            valueName: "classes"))
    var known: String?

    @Option(
        help: ArgumentHelp(
            "Use at most this many training images per class, as a published split does.", valueName: "n"))
    var trainImages: Int?

    @Option(help: ArgumentHelp("Use at most this many test images per class.", valueName: "n"))
    var testImages: Int?

    func validate() throws {
        guard [oneClass, abnormalClass, known].compactMap(\.self).count <= 1 else {
            throw ValidationError("--one-class, --abnormal-class and --known exclude each other")
        }
        guard Set(knownNames ?? []).count == (knownNames ?? []).count else {
            throw ValidationError("--known names a class twice: \(known ?? "")")
        }
        for (name, value) in [("--train-images", trainImages), ("--test-images", testImages)] {
            if let value, value < 1 { throw ValidationError("\(name) must be at least 1, got \(value)") }
        }
    }

    private var knownNames: [String]? { known?.split(separator: ",").map(String.init) }

    func read(_ folder: String) throws -> Dataset {
        let limits = Dataset.Limits(train: trainImages, test: testImages)
        if let abnormalClass {
            return try Dataset(folder: folder, normal: .allBut(abnormalClass), limits: limits)
        }
        if let names = oneClass.map({ [$0] }) ?? knownNames {
            return try Dataset(folder: folder, normal: .these(names), limits: limits)
        }
        return try Dataset(folder: folder, limits: limits)
    }

    /// These options as arguments of another command.
    var arguments: [String] {
        let given: [(String, String?)] = [
            ("--one-class", oneClass), ("--abnormal-class", abnormalClass), ("--known", known),
            ("--train-images", trainImages.map(String.init)), ("--test-images", testImages.map(String.init)),
        ]
        return given.flatMap { name, value in value.map { [name, $0] } ?? [] }
    }
}
