import Foundation
import InspectionPipeline
import TestSupport
import Testing

extension ProgramTests {
    /// `inspectctl model import`: a model that was fitted elsewhere.
    @Suite struct ModelImports {
        private func exported(_ shop: Workshop) throws -> String {
            let file = shop.root.appendingPathComponent("plate.model").path
            let run = try shop.control("model", "export", "plate", file)
            try #require(run.status == 0, "\(run.errors)")
            return file
        }

        private func bare(_ shop: Workshop) -> String {
            shop.state.appendingPathComponent("models/plate/1/model.safetensors").path
        }

        private func active(_ shop: Workshop) throws -> ActiveModel {
            try ModelStore(folder: shop.state.appendingPathComponent("models").path).active("plate")
        }

        @Test func an_exported_model_decides_on_another_machine_as_it_did_and_can_be_rolled_back() throws {
            try Workshop.open { there in
                let file = try exported(there)
                try Workshop.open { here in
                    let before = try here.contents(of: here.state)
                    let dry = try here.control("model", "import", file, "--line", "plate", "--dry-run")
                    #expect(dry.status == 0 && dry.output.contains("dry run: nothing was changed"), "\(dry.errors)")
                    #expect(try here.contents(of: here.state) == before)

                    let run = try here.control("model", "import", file, "--line", "plate")
                    #expect(run.status == 0 && run.output.contains("version 2 in service"), "\(run.errors)")
                    let picture = here.root.appendingPathComponent("part.jpg").path
                    try Pictures.defective(3).write(to: URL(fileURLWithPath: picture))
                    let mine = try here.control("inspect", picture, "--model", "plate").object()
                    let theirs = try there.control("inspect", picture, "--model", "plate").object()
                    #expect(mine["image_threshold"] as? Double == theirs["image_threshold"] as? Double)
                    let scores = [mine, theirs].compactMap { $0["image_score"] as? Double }
                    #expect(scores.count == 2 && abs(scores[0] - scores[1]) < 1e-3 * scores[1])
                    let model = try #require(mine["model"] as? [String: Any])
                    #expect(model["version"] as? Int == 2)
                    #expect(model["sha256"] as? String == (theirs["model"] as? [String: Any])?["sha256"] as? String)
                    #expect(try here.control("model", "rollback", "plate").status == 0)
                    #expect(try active(here).current.version == 1)
                    // Under another name, for a line that is still to come.
                    let named = try here.control("model", "import", file, "--name", "spare")
                    #expect(named.status == 0 && named.output.contains("model spare: version 1"), "\(named.errors)")
                }
            }
        }

        @Test func a_model_without_a_calibration_is_stored_and_does_not_decide_before_it_has_one() throws {
            try Workshop.open { shop in
                let before = try active(shop)
                let run = try shop.control("model", "import", bare(shop), "--line", "plate")
                #expect(run.status == 0 && run.output.contains("it has no calibration"), "\(run.errors)")
                #expect(run.output.contains("--model-version 2"), "\(run.output)")
                #expect(try active(shop) == before)
                #expect(try shop.control("model", "activate", "plate", "2").status == 66)
                let normal = try Pictures.write(24, from: 4000, to: shop.root.appendingPathComponent("good"))
                let calibrate = try shop.control(
                    "calibrate", "--line", "plate", "--model-version", "2", "--normal", normal)
                #expect(calibrate.status == 0, "\(calibrate.errors)")
                #expect(try active(shop).current.version == 2)
                #expect(try shop.control("config", "check").status == 0)
            }
        }

        @Test func what_is_no_sound_model_is_refused_in_words_and_changes_nothing() throws {
            try Workshop.open { shop in
                let file = try exported(shop)
                let whole = try Data(contentsOf: URL(fileURLWithPath: file))
                let plain = try Data(contentsOf: URL(fileURLWithPath: bare(shop)))
                func flipped(_ data: Data) -> Data {
                    var data = data
                    // Behind the header, whose length the first bytes say; an odd stride: the exponents of many numbers
                    // are among the bytes, wherever tensors begin.
                    let header = data.prefix(4).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
                    for index in stride(from: 8 + header, to: data.count, by: 61) { data[index] ^= 0x40 }
                    return data
                }
                func replacing(_ text: String, by other: String) throws -> Data {
                    let range = try #require(whole.range(of: Data(text.utf8)))
                    return whole.replacingSubrange(range, with: Data(other.utf8))
                }
                let wrong: [(String, Data, String)] = [
                    ("an image", try Pictures.flawless(1), "part.model"),
                    ("nothing", Data(), "part.model"),
                    ("half a file", whole.prefix(whole.count / 2), "part.model"),
                    ("flipped bits", flipped(whole), "damaged"),
                    ("flipped bits without a record", flipped(plain), "part.model"),
                    ("a newer format", try replacing("\"bundle\":\"1\"", by: "\"bundle\":\"9\""), "up to 1"),
                ]
                let before = try shop.contents(of: shop.state)
                // Where a store's files lie, with the backbones beside them.
                let store = shop.root.appendingPathComponent("store")
                let part = store.appendingPathComponent("plate/1/part.model")
                try FileManager.default.createDirectory(
                    at: part.deletingLastPathComponent(), withIntermediateDirectories: true)
                try FileManager.default.copyItem(
                    at: shop.state.appendingPathComponent("models/.backbones"),
                    to: store.appendingPathComponent(".backbones"))
                for (name, data, words) in wrong {
                    try data.write(to: part)
                    let run = try shop.control("model", "import", part.path, "--line", "plate")
                    #expect(run.status == 65, "\(name): \(run.status) \(run.output)\(run.errors)")
                    #expect(run.errors.contains(words), "\(name): \(run.errors)")
                    #expect(try shop.contents(of: shop.state) == before, "\(name)")
                }
                // A store's file, carried away without its backbone.
                let lone = shop.root.appendingPathComponent("lone.model")
                try plain.write(to: lone)
                let run = try shop.control("model", "import", lone.path, "--line", "plate")
                #expect(run.status == 66 && run.errors.contains("inspectctl model export"), "\(run.errors)")
                #expect(try shop.control("model", "import", "/nowhere", "--line", "plate").status == 66)
                #expect(try shop.control("model", "import", file, "--line", "none").status == 64)
                #expect(try shop.control("model", "import", file).status == 64)
            }
        }

        /// Its calibration has too few images for what the line promises: in service it would stop the line.
        @Test func a_model_that_could_not_keep_the_line_s_promise_is_refused() throws {
            try Workshop.open { shop in
                let file = try exported(shop)
                let text = try String(contentsOfFile: shop.configurationFile, encoding: .utf8)
                try shop.write(
                    text.replacingOccurrences(of: "false_alarm_rate: 0.05", with: "false_alarm_rate: 0.001"),
                    to: shop.configurationFile)
                let run = try shop.control("model", "import", file, "--line", "plate")
                #expect(run.status == 65, "\(run.output)\(run.errors)")
                #expect(try active(shop).current.version == 1)
            }
        }
    }
}

extension Data {
    fileprivate func replacingSubrange(_ range: Range<Index>, with other: Data) -> Data {
        self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
