import ArgumentParser
import DetectionCore

/// How a data set's folder is read.
struct DatasetArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("Of class folders, the one normal class; all others are anomalous.", valueName: "class"))
    var oneClass: String?

    @Option(
        help: ArgumentHelp("Of class folders, the one anomalous class; all others are normal.", valueName: "class"))
    var abnormalClass: String?

    @Option(
        help: ArgumentHelp(
            "Of class folders, the normal classes, separated by commas; a gate learns to tell them apart.",
            valueName: "classes"))
    var known: String?

    @Option(
        help: ArgumentHelp("Take so many training pictures of each class, as a published split does.", valueName: "n"))
    var trainImages: Int?

    @Option(help: ArgumentHelp("Take so many test pictures of each class.", valueName: "n"))
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
}
