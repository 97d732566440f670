import Foundation
import InspectionDomain
import Testing

@Suite struct InspectionCodingTests {
    @Test func a_result_survives_its_own_json() throws {
        var inspection = Inspection(
            resultID: "0a1b", line: "bottle", createdAt: Date(timeIntervalSince1970: 1_769_847_330.123),
            image: ImageInfo(path: "/srv/a b.jpg", sha256: "00", width: 4, height: 3, channels: 1, bitDepth: 16),
            verdict: .anomalous, imageScore: 41.7, imageThreshold: 33.2, imageScoreNormalized: 41.7 / 33.2,
            pValue: 0.0066,
            pixelThreshold: 5.1,
            regions: [Region(bbox: [1, 2, 3, 4], area: 9, centroid: [2.5, 3.5], peakScore: 9.4, meanScore: 6.8)])
        inspection.calibration = CalibrationIdentity(
            id: "c", n: 152, falseAlarmRate: 0.01, confidence: nil, rule: "order-statistic", k: 152)
        let data = try DomainJSON.encoder().encode(inspection)
        #expect(try DomainJSON.decoder().decode(Inspection.self, from: data) == inspection)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains("\"created_at\" : \"2026-01-31T08:15:30.123Z\""))
        #expect(text.contains("\"confidence\" : null"))
        #expect(text.contains("/srv/a b.jpg"))
    }

    @Test func the_stages_are_named_as_the_record_names_them_and_only_the_gate_may_be_missing() throws {
        var timing = StageTimings()
        (timing.queue, timing.decode, timing.gate, timing.preprocess) = (1, 2, 4, 8)
        (timing.backbone, timing.detect, timing.write) = (16, 32, 64)
        let names = StageTimings.Stage.allCases.map(\.rawValue)
        let fields = try #require(
            try JSONSerialization.jsonObject(with: DomainJSON.encoder().encode(timing)) as? [String: Double])
        #expect(
            fields == Dictionary(uniqueKeysWithValues: StageTimings.Stage.allCases.map { ($0.rawValue, timing[$0]!) }))
        #expect(names == ["queue", "decode", "gate", "preprocess", "backbone", "detect", "write"])
        #expect(timing.total == 126, "waiting is no work")
        timing.gate = nil
        #expect(timing.total == 122 && timing[.gate] == nil)
        let without = String(decoding: try DomainJSON.encoder().encode(timing), as: UTF8.self)
        #expect(!without.contains("gate"))
    }

    @Test func sha256_of_the_standards_example() {
        #expect(
            ContentDigest.sha256(of: Data("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    private func result(remarks: [String]) -> Inspection {
        Inspection(
            resultID: "0a1b", line: "bottle", createdAt: Date(timeIntervalSince1970: 1_769_847_330),
            image: ImageInfo(path: "/srv/a.jpg"), verdict: .normal, imageScore: 1, remarks: remarks)
    }

    @Test func remarks_are_an_optional_key_of_schema_1() throws {
        let remarked = result(remarks: ["the image is wholly transparent", "another"])
        let json = try DomainJSON.encoder(pretty: false).encode(remarked)
        let keys = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(keys["remarks"] as? [String] == ["the image is wholly transparent", "another"])
        #expect(keys["schema"] as? Int == 1)
        #expect(try DomainJSON.decoder().decode(Inspection.self, from: json) == remarked)
    }

    @Test func a_result_without_remarks_has_no_such_key_and_reads_as_none() throws {
        let json = try DomainJSON.encoder().encode(result(remarks: []))
        #expect(!String(decoding: json, as: UTF8.self).contains("remarks"))
        #expect(try DomainJSON.decoder().decode(Inspection.self, from: json).remarks == [])
    }
}
