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

    private func result(remarks: [String]) -> Inspection {
        Inspection(
            resultID: "0a1b", line: "bottle", createdAt: Date(timeIntervalSince1970: 1_769_847_330),
            image: ImageInfo(path: "/srv/a.jpg"), verdict: .normal, imageScore: 1, remarks: remarks)
    }

    @Test func remarks_are_an_optional_key_of_schema_1() throws {
        let remarked = result(remarks: ["the picture is wholly transparent", "another"])
        let json = try DomainJSON.encoder(pretty: false).encode(remarked)
        let keys = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(keys["remarks"] as? [String] == ["the picture is wholly transparent", "another"])
        #expect(keys["schema"] as? Int == 1)
        #expect(try DomainJSON.decoder().decode(Inspection.self, from: json) == remarked)
    }

    @Test func a_result_without_remarks_has_no_such_key_and_reads_as_none() throws {
        let json = try DomainJSON.encoder().encode(result(remarks: []))
        #expect(!String(decoding: json, as: UTF8.self).contains("remarks"))
        #expect(try DomainJSON.decoder().decode(Inspection.self, from: json).remarks == [])
    }
}
