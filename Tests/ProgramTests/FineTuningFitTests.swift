import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// The Gaussian detector's fine-tuning from the command line.
    @Suite struct FineTuningFit {
        @Test func a_fit_that_was_killed_resumes_and_gives_the_same_model() throws {
            try withTemporaryFolder { folder in
                let shop = Workshop(root: folder)
                try shop.configure([.init()])
                let plates = try Pictures.write(30, from: 1000, to: folder.appendingPathComponent("plates"))
                let report = try shop.expectAKilledFitToGoOn([
                    "--fine-tune", "--epochs", "3", "--patience", "0", "--learning-rate", "0.0001", "--augment",
                    "flips,rotation,brightness", "--input-size", "64", "--normal", plates, "--false-alarm-rate", "0.2",
                ])
                #expect(report == ["defects.png", "distance.svg", "fit.json", "maps.png", "validation.svg"])
            }
        }

        @Test func options_without_fine_tuning_and_unknown_augmentations_are_refused() throws {
            for (arguments, complaint) in [
                (["--augment", "flips"], "--augment needs --fine-tune"),
                (["--learning-rate", "0.1"], "--learning-rate needs --fine-tune"),
                (["--fine-tune", "--augment", "flips,colours"], "flips,colours"),
                (["--fine-tune", "--learning-rate", "0"], "above 0"),
                (["--fine-tune", "--method", "grad"], "--fine-tune"),
            ] {
                let run = try ProgramRun(
                    "inspectctl", ["fit", "--output", "/tmp/none", "--normal", "/tmp"] + arguments)
                #expect(run.status == 64 && run.errors.contains(complaint), "\(run.errors)")
            }
        }
    }
}
