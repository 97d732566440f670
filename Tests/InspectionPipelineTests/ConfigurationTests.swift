import Foundation
import InspectionDomain
import InspectionPipeline
import Testing

@Suite struct ConfigurationTests {
    @Test func every_key_is_read() throws {
        let configuration = try Configuration.parse(
            """
            state: /var/lib/inspectd
            spool: spool            # relative to the file
            workers: 3
            scan_interval: 30s
            max_megapixels: 20
            lines:
              - name: bottle
                watch: /srv/cameras/bottle
                model: glass
                false_alarm_rate: 0.05
                confidence: 0.95
                after: keep
                overlay: always
              - { name: cloth, watch: ../cloth }
            retention: { results: 30d, archive: 12h, min_free: 5GiB }
            """, file: "/etc/inspectd/inspectd.yaml")
        #expect(configuration.spool == "/etc/inspectd/spool")
        #expect(configuration.workers == .count(3))
        #expect(configuration.scanInterval == .seconds(30))
        #expect(configuration.maxMegapixels == 20)
        let bottle = try #require(configuration.line(named: "bottle"))
        #expect(bottle.model == "glass" && bottle.falseAlarmRate == 0.05 && bottle.confidence == 0.95)
        #expect(bottle.after == .keep && bottle.overlay == .always)
        let cloth = try #require(configuration.line(named: "cloth"))
        #expect(cloth.watch == "/etc/cloth" && cloth.model == "cloth")
        #expect(cloth.falseAlarmRate == 0.01 && cloth.confidence == nil)
        #expect(cloth.after == .archive && cloth.overlay == .anomalous)
        #expect(configuration.retention.results == .seconds(30 * 86_400))
        #expect(configuration.retention.archive == .seconds(12 * 3600))
        #expect(configuration.retention.minFree == 5 << 30)
    }

    @Test func an_empty_file_is_the_defaults_and_keeps_everything() throws {
        let configuration = try Configuration.parse("# nothing yet\n", file: "/etc/i.yaml")
        #expect(configuration.state == "/var/lib/inspectd" && configuration.spool == "/var/spool/inspectd")
        #expect(configuration.workers == .auto && configuration.lines.isEmpty)
        #expect(configuration.retention == Configuration.RetentionPolicy())
    }

    @Test func durations_and_sizes_are_read_and_written() {
        #expect(Quantity.duration("90s") == .seconds(90))
        #expect(Quantity.duration("1.5h") == .seconds(5400))
        #expect(Quantity.duration("2w") == .seconds(1_209_600))
        for wrong in ["", "d", "30", "-1d", "1y", "1e3s", "1 . 2d"] { #expect(Quantity.duration(wrong) == nil) }
        #expect(Quantity.size("5GiB") == 5_368_709_120)
        #expect(Quantity.size("5 GB") == 5_000_000_000)
        #expect(Quantity.size("0B") == 0)
        for wrong in ["5", "GiB", "5gib", "-1B", "9999999TiB"] { #expect(Quantity.size(wrong) == nil) }
        #expect(Quantity.text(bytes: 5_368_709_120) == "5GiB")
        #expect(Quantity.text(.seconds(2_592_000)) == "30d")
        #expect(Quantity.text(.seconds(90)) == "90s")
    }
}
