import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// `inspectctl benchmark --steps`.
    @Suite struct BenchmarkSteps {
        @Test func every_step_of_a_network_is_timed_beside_the_machine_s_peak() throws {
            try Workshop.open { shop in
                let run = try shop.control(
                    "benchmark", "--steps", "mobilenetv1_224", "--runs", "3", "--threads", "1", "--format", "json")
                let steps = try #require(
                    try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]], "\(run.errors)")
                #expect(steps.contains { $0["kind"] as? String == "Depthwise" })
                let last = try #require(steps.last { $0["kind"] as? String == "Convolution" })
                #expect(last["shape"] as? String == "196×512×512")
                for step in steps {
                    #expect((step["ms"] as? Double ?? 0) > 0 && (step["of_peak"] as? Double ?? 0) > 0, "\(step)")
                }
            }
        }

        @Test func an_unknown_network_is_refused_with_the_known_ones() throws {
            try Workshop.open { shop in
                let run = try shop.control("benchmark", "--steps", "lenet")
                #expect(run.status != 0 && run.errors.contains("unknown benchmark lenet; known: efficientnet_b0_224"))
            }
        }
    }
}
