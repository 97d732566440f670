import ArgumentParser
import DetectionCore
import Imaging
import InspectionPipeline

/// What becomes of images that a model should not be fitted or calibrated on.
struct TrainingDataArguments: ParsableArguments {
    @Flag(help: "Keep images that look like none of the others; without it they are named and refused.")
    var keepOutliers = false

    @Flag(help: "Leave out images that cannot be read; without it they are all named and refused.")
    var skipUnreadable = false

    var options: TrainingDataOptions {
        var options = TrainingDataOptions()
        (options.keepsOutliers, options.skipsUnreadable) = (keepOutliers, skipUnreadable)
        return options
    }
}

/// Which raw values are black and white.
struct IntensityArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Raw values that are black and white: auto measures how many bits 16-bit files use; else the line's, which is "
                + "auto unless given.", valueName: "auto|8bit…16bit|LOW-HIGH"))
    var intensity: IntensitySetting?

    /// - Parameter lines: those that the model is for.
    func setting(_ lines: [Configuration.Line]) throws -> IntensitySetting {
        if let intensity { return intensity }
        guard let first = lines.first else { return .auto }
        guard lines.allSatisfy({ $0.intensity == first.intensity }) else {
            throw ProgramError(
                .usage,
                "the lines \(lines.map(\.name).joined(separator: ", ")) have different settings of intensity, but the model "
                    + "needs one for all: give --intensity")
        }
        return first.intensity
    }
}

extension IntensitySetting: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
