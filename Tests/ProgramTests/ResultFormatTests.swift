import Foundation
import Imaging
import InspectionDomain
import LinuxPlatform
import Testing

extension ProgramTests {
    /// `result.json`, schema 1, as scripts and dashboards read it.
    @Suite struct ResultFormat {
        private static func object(_ file: URL) throws -> [String: Any] {
            let object = try JSONSerialization.jsonObject(with: try Data(contentsOf: file)) as? [String: Any]
            return try #require(object)
        }

        private static func keys(_ value: Any?) -> [String] { ((value as? [String: Any]) ?? [:]).keys.sorted() }

        private static func isNumber(_ value: Any?) -> Bool { value is Double || value is Int }

        /// Matches as a whole.
        private static func matches(_ text: Any?, _ pattern: String) -> Bool {
            (text as? String)?.range(of: "^(\(pattern))$", options: .regularExpression) != nil
        }

        @Test func every_field_of_an_anomalous_frame_is_there_under_its_name() throws {
            try Workshop.open { shop in
                let picture = try Pictures.defective(11)
                try shop.withDaemon { _ in
                    try shop.drop(picture, as: "part 11.jpg")
                    try shop.waitForResults(1)
                }
                let found = try #require(try shop.results().first)
                let result = try Self.object(found.folder.appendingPathComponent("result.json"))
                #expect(
                    Self.keys(result) == [
                        "calibration", "created_at", "evidence", "files", "image", "image_score",
                        "image_score_normalized",
                        "image_threshold", "line", "map", "model", "p_value", "pixel_threshold", "regions", "result_id",
                        "schema", "timing_ms", "verdict",
                    ])
                #expect(result["schema"] as? Int == 1 && result["line"] as? String == "plate")
                #expect(result["verdict"] as? String == "anomalous")
                let time = #"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"#
                #expect(Self.matches(result["created_at"], time))
                let id = try #require(result["result_id"] as? String),
                    day = try #require(result["created_at"] as? String)
                #expect(found.folder.lastPathComponent == "part 11-\(id)")
                #expect(found.folder.path.contains("/results/plate/\(day.prefix(10))/"))

                let image = try #require(result["image"] as? [String: Any])
                #expect(Self.keys(image) == ["bit_depth", "channels", "height", "path", "sha256", "width"])
                #expect(image["path"] as? String == shop.watched().appendingPathComponent("part 11.jpg").path)
                #expect(image["sha256"] as? String == ContentDigest.sha256(of: picture))
                let sizes = ["width", "height", "channels", "bit_depth"].map { image[$0] as? Int }
                #expect(sizes == [Pictures.size.width, Pictures.size.height, 3, 8])

                let score = try #require(result["image_score"] as? Double)
                let threshold = try #require(result["image_threshold"] as? Double)
                let normalized = try #require(result["image_score_normalized"] as? Double)
                #expect(score > threshold && abs(normalized - score / threshold) < 1e-12 * normalized)
                // Above all 20 calibration scores.
                let p = try #require(result["p_value"] as? Double)
                #expect(abs(p - 1.0 / 21) < 1e-12)

                let model = try #require(result["model"] as? [String: Any])
                #expect(Self.keys(model) == ["backbone", "method", "name", "sha256", "version"])
                #expect(model["name"] as? String == "plate" && model["version"] as? Int == 1)
                #expect(model["method"] as? String == "gaussian" && Self.matches(model["sha256"], "[0-9a-f]{64}"))
                #expect((model["backbone"] as? String)?.hasPrefix("efficientnet_") == true)
                let calibration = try #require(result["calibration"] as? [String: Any])
                #expect(Self.keys(calibration) == ["confidence", "false_alarm_rate", "id", "k", "n", "rule"])
                #expect(calibration["confidence"] is NSNull && calibration["rule"] as? String == "order-statistic")
                #expect(calibration["n"] as? Int == 20 && calibration["k"] as? Int == 20)
                #expect(calibration["false_alarm_rate"] as? Double == 0.05)
                let timing = try #require(result["timing_ms"] as? [String: Any])
                #expect(Self.keys(timing) == ["backbone", "decode", "detect", "preprocess", "queue", "write"])
                #expect(timing.values.allSatisfy { ($0 as? Double ?? -1) >= 0 })
                let files = try #require(result["files"] as? [String: String])
                #expect(files == ["overlay": "overlay.jpg", "anomaly_map": "anomaly_map.png", "mask": "mask.png"])
                #expect(shop.files(in: found.folder) == (files.values + ["result.json"]).sorted())
                try Self.expectRegionsMatchTheMask(result, found.folder)
            }
        }

        private static func expectRegionsMatchTheMask(_ result: [String: Any], _ folder: URL) throws {
            func picture(_ name: String) throws -> Frame {
                try Frame.decode(try Data(contentsOf: folder.appendingPathComponent(name)))
            }
            let mask = try picture("mask.png"), map = try picture("anomaly_map.png")
            let (width, height) = (Pictures.size.width, Pictures.size.height)
            #expect(mask.width == width && mask.height == height)
            let placement = try #require(result["map"] as? [String: Any])
            #expect(keys(placement) == ["box", "height", "maximum", "width"])
            #expect(placement["width"] as? Int == map.width && placement["height"] as? Int == map.height)
            #expect(placement["box"] as? [Int] == [0, 0, width, height] && map.bitDepth == 16 && map.channels == 1)
            let end = try #require(placement["maximum"] as? Double)
            #expect(end == 2 * (result["pixel_threshold"] as? Double ?? 0))
            #expect(try picture("overlay.jpg").width >= width)
            guard case .eight(let pixels) = mask.samples, mask.channels == 1 else {
                Issue.record("mask.png is not an 8-bit grey image")
                return
            }
            #expect(Set(pixels) == [0, 255])
            let pixelThreshold = try #require(result["pixel_threshold"] as? Double)
            let regions = try #require(result["regions"] as? [[String: Any]])
            try #require(!regions.isEmpty)
            var areas = 0
            for region in regions {
                #expect(keys(region) == ["area", "bbox", "centroid", "mean_score", "peak_score"])
                let box = try #require(region["bbox"] as? [Int]), area = try #require(region["area"] as? Int)
                try #require(box.count == 4)
                let (x, y, w, h) = (box[0], box[1], box[2], box[3])
                #expect(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= width && y + h <= height)
                let inside = (y..<(y + h)).reduce(0) { sum, row in
                    sum + pixels[(row * width + x)..<(row * width + x + w)].count { $0 == 255 }
                }
                #expect(area > 0 && area <= inside)
                if regions.count == 1 { #expect(area == inside) }
                let centroid = try #require(region["centroid"] as? [Double])
                #expect(centroid[0] >= Double(x) && centroid[0] <= Double(x + w - 1))
                #expect(centroid[1] >= Double(y) && centroid[1] <= Double(y + h - 1))
                let peak = try #require(region["peak_score"] as? Double)
                let mean = try #require(region["mean_score"] as? Double)
                #expect(peak >= mean && mean >= pixelThreshold)
                areas += area
            }
            #expect(areas == pixels.count { $0 == 255 })
        }

        @Test func a_frame_that_cannot_be_read_has_an_error_and_no_numbers() throws {
            try Workshop.open { shop in
                let bytes = try BrokenFile.wrongChecksum.data(1)
                try shop.withDaemon { _ in
                    try shop.drop(bytes, as: "broken.png")
                    try shop.waitForResults(1)
                }
                let folder = try #require(try shop.results().first).folder
                let result = try Self.object(folder.appendingPathComponent("result.json"))
                #expect(result["verdict"] as? String == "error" && result["schema"] as? Int == 1)
                #expect(Self.keys(result["error"]) == ["code", "message"])
                #expect(Self.keys(result["image"]) == ["path", "sha256"])
                for key in ["image_score", "image_threshold", "p_value", "calibration", "model"] {
                    #expect(result[key] == nil)
                }
                #expect((result["regions"] as? [Any])?.isEmpty == true && Self.keys(result["files"]).isEmpty)
                #expect(shop.files(in: folder) == ["result.json"])
            }
        }

        @Test func overlays_are_written_always_when_anomalous_or_never_as_the_line_says() throws {
            let lines = ["always", "anomalous", "never"].map { Workshop.Line(name: $0, overlay: $0) }
            try Workshop.open(lines: lines) { shop in
                try shop.withDaemon { _ in
                    for line in lines {
                        try shop.drop(try Pictures.flawless(1001), as: "good.jpg", on: line.name)
                        try shop.drop(try Pictures.defective(13), as: "bad.jpg", on: line.name)
                    }
                    try shop.waitForResults(6)
                }
                let results = try shop.results()
                func files(_ line: String, _ name: String) throws -> [String] {
                    let one = results.first {
                        $0.inspection.line == line && $0.inspection.image.path.hasSuffix("/\(name)")
                    }
                    return shop.files(in: try #require(one).folder)
                }
                let pictures = ["anomaly_map.png", "mask.png", "overlay.jpg", "result.json"]
                #expect(try files("always", "good.jpg") == pictures && files("always", "bad.jpg") == pictures)
                #expect(try files("anomalous", "good.jpg") == ["result.json"])
                #expect(try files("anomalous", "bad.jpg") == pictures)
                #expect(try files("never", "good.jpg") == ["result.json"])
                #expect(try files("never", "bad.jpg") == ["anomaly_map.png", "mask.png", "result.json"])
            }
        }
    }
}
