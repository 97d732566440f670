import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// The checks of `inspectctl demo` before it starts. The demo itself runs by hand and in CI: it takes minutes.
    @Suite struct Demo {
        @Test func too_few_frames_for_the_rate_are_refused_before_anything_is_drawn() throws {
            try withTemporaryFolder { folder in
                let demo = folder.appendingPathComponent("demo").path
                let run = try ProgramRun("inspectctl", ["demo", demo, "--fit", "10", "--calibrate", "20"])
                #expect(run.status == 64)
                #expect(run.errors.contains("--fit 10 --calibrate 20"), "\(run.errors)")
                #expect(run.errors.contains("needs 49 calibration images"), "\(run.errors)")
                #expect(run.errors.contains("--false-alarm-rate 0.0323"), "\(run.errors)")
                #expect(!FileManager.default.fileExists(atPath: demo))
            }
        }
    }
}
