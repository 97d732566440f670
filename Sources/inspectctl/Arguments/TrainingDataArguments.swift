import ArgumentParser
import DetectionCore
import Imaging
import InspectionPipeline

/// The treatment of images that a model should not be fitted or calibrated on.
struct TrainingDataArguments: ParsableArguments {
    @Flag(help: "Keep images unlike all others; by default they are listed and refused.")
    var keepOutliers = false

    @Flag(help: "Skip images that cannot be read; by default they are listed and refused.")
    var skipUnreadable = false

    var options: TrainingDataOptions {
        var options = TrainingDataOptions()
        (options.keepsOutliers, options.skipsUnreadable) = (keepOutliers, skipUnreadable)
        return options
    }
}

/// The raw values of black and white.
struct IntensityArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The raw values of black and white: auto measures how many bits 16-bit files use; the line's by default, which "
                + "is auto unless given.", valueName: "auto|8bit…16bit|LOW-HIGH"))
    var intensity: IntensitySetting?

    /// - Parameter lines: the lines that the model is for.
    func setting(_ lines: [Configuration.Line]) throws -> IntensitySetting {
        if let intensity { return intensity }
        guard let first = lines.first else { return .auto }
        guard lines.allSatisfy({ $0.intensity == first.intensity }) else {
            throw ProgramError(
                .usage,
                "the lines \(lines.map(\.name).joined(separator: ", ")) have different intensity settings, but their "
                    + "model needs a single one: give --intensity")
        }
        return first.intensity
    }
}

extension IntensitySetting: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
