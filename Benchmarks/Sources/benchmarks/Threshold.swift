import Foundation
import InspectionBenchmarks

/// How long a measurement may take, as a multiple of another.
struct Threshold: Decodable {
    let of: String
    let over: String
    let atMost: Double

    private enum CodingKeys: String, CodingKey {
        case of, over
        case atMost = "at_most"
    }

    /// `thresholds.json` of this package.
    static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("thresholds.json").path

    static func read(_ path: String) throws -> [String: Threshold] {
        let thresholds: [String: Threshold]
        do {
            thresholds = try JSONDecoder().decode(
                [String: Threshold].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw Mistake("cannot read \(path): \(error)")
        }
        for (name, threshold) in thresholds {
            for side in [threshold.of, threshold.over] where !Measurement.names.contains(side) {
                throw Mistake("\(name) compares \(side); there are \(Measurement.names.joined(separator: ", "))")
            }
        }
        return thresholds
    }

    /// In the order that measurements ask for.
    static func ordered(_ thresholds: [String: Threshold]) -> [(name: String, threshold: Threshold)] {
        func place(_ threshold: Threshold) -> Int {
            [threshold.of, threshold.over].compactMap { Measurement.names.firstIndex(of: $0) }.max() ?? 0
        }
        return thresholds.map { (name: $0.key, threshold: $0.value) }
            .sorted { (place($0.threshold), $0.name) < (place($1.threshold), $1.name) }
    }
}
