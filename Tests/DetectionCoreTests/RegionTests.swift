import DetectionCore
import Foundation
import SeededRandom
import Testing

@Suite struct RegionTests {
    /// A map drawn in text: a digit is a value, everything else 0.
    static func map(_ rows: [String]) -> AnomalyMap {
        let values = rows.flatMap { row in row.map { Float($0.wholeNumberValue ?? 0) } }
        return AnomalyMap(width: rows[0].count, height: rows.count, values: values)
    }

    static func regions(_ rows: [String], threshold: Float = 0) -> RegionMap {
        let map = map(rows)
        return RegionMap(map, threshold: threshold, width: map.width, height: map.height)
    }

    @Test func a_region_has_its_box_area_centroid_peak_and_mean() throws {
        let found = Self.regions([
            "........",
            "..12....",
            "..39....",
            "...3....",
            "........",
        ])
        let region = try #require(found.regions.first)
        #expect(found.regions.count == 1)
        #expect(region.bbox == [2, 1, 2, 3])
        #expect(region.area == 5)
        #expect(abs(region.centroid[0] - (2 + 3 + 2 + 3 + 3) / 5.0) < 1e-12)
        #expect(abs(region.centroid[1] - (1 + 1 + 2 + 2 + 3) / 5.0) < 1e-12)
        #expect(region.peakScore == 9)
        #expect(abs(region.meanScore - 18 / 5.0) < 1e-6)
    }

    @Test func pixels_that_touch_at_a_corner_are_one_region() {
        #expect(Self.regions(["1..", ".1.", "..1"]).regions.map(\.area) == [3])
        #expect(Self.regions(["..1", ".1.", "1.."]).regions.map(\.area) == [3])
        #expect(Self.regions(["1.1", "...", "1.1"]).regions.count == 4)
    }

    @Test func branches_that_meet_late_are_one_region() {
        let comb = [
            "1.1.1.1.1",
            "1.1.1.1.1",
            "111111111",
        ]
        #expect(Self.regions(comb).regions.map(\.area) == [19])
        #expect(Self.regions(comb.reversed()).regions.map(\.area) == [19])
        let spiral = [
            "1111111",
            "......1",
            "11111.1",
            "1...1.1",
            "1.1.1.1",
            "1.111.1",
            "1.....1",
            "1111111",
        ]
        let ones = spiral.joined().filter { $0 == "1" }.count
        #expect(Self.regions(spiral).regions.map(\.area) == [ones])
    }

    @Test func the_threshold_itself_is_not_above_the_threshold() {
        #expect(Self.regions(["353"], threshold: 5).regions.isEmpty)
        #expect(Self.regions(["353"], threshold: 3).regions.map(\.area) == [1])
        #expect(Self.regions(["353"], threshold: 5).mask == [0, 0, 0])
    }

    @Test func regions_come_highest_peak_first() {
        #expect(Self.regions(["2.7.4.9.1"]).regions.map(\.peakScore) == [9, 7, 4, 2, 1])
    }

    @Test func the_mask_marks_exactly_the_pixels_above() {
        let found = Self.regions(["1.2", ".5.", "..3"], threshold: 1)
        #expect(found.mask == [0, 0, 255, 0, 255, 0, 0, 0, 255])
        #expect((found.width, found.height) == (3, 3))
    }

    /// A strong defect whose halo is above the threshold in half of the image, and a weak one far from it.
    @Test func a_region_is_the_defect_without_its_halo() throws {
        let side = 112
        var values = [Float](repeating: 0, count: side * side)
        for y in 0..<side {
            for x in 0..<side {
                func bump(_ column: Int, _ row: Int, _ width: Float) -> Float {
                    let squares = Float((x - column) * (x - column) + (y - row) * (y - row))
                    return exp(-squares / (2 * width * width))
                }
                values[y * side + x] = 10 * bump(30, 30, 14) + 2 * bump(95, 95, 4)
            }
        }
        let map = AnomalyMap(width: side, height: side, values: values)
        let wide = RegionMap(map, threshold: 1, width: side, height: side)
        let tight = RegionMap(map, threshold: 1, halo: map.halo(), width: side, height: side)
        #expect(wide.regions.count == 2 && tight.regions.count == 2)
        let (strong, weak) = (try #require(tight.regions.first), try #require(tight.regions.last))
        #expect(strong.peakScore == wide.regions[0].peakScore && 5 * strong.area < wide.regions[0].area)
        #expect(abs(strong.centroid[0] - 30) < 0.5 && abs(weak.centroid[1] - 95) < 0.5)
        // No shoulder of the halo remains where the strong peak is no longer near.
        #expect(tight.mask.count { $0 != 0 } == strong.area + weak.area)
    }

    @Test func the_highest_value_is_no_halo_of_itself_even_below_zero() {
        for values: [Float] in [[-3, -2], [-3, 0], [0, 0], [1, 2]] {
            let halo = AnomalyMap(width: 2, height: 1, values: values).halo().values
            #expect(halo[1] < values[1], "\(values)")
        }
    }

    @Test func the_highest_peak_is_listed_however_many_regions_there_are() {
        let side = 101
        var values = [Float](repeating: 0, count: side * side)
        for y in stride(from: 0, to: side, by: 2) {
            for x in stride(from: 0, to: side, by: 2) { values[y * side + x] = 1 }
        }
        values[side * side - 1] = 9
        let found = RegionMap(
            AnomalyMap(width: side, height: side, values: values), threshold: 0.5, width: side, height: side)
        #expect(found.regions.count == RegionMap.capacity)
        #expect(found.regions.first?.peakScore == 9)
        #expect(found.mask.count { $0 == 255 } == 51 * 51)
    }

    @Test(arguments: [(1, 1), (1, 40), (40, 1), (7, 5), (33, 21), (64, 64)])
    func random_masks_label_as_a_flood_fill_does(_ width: Int, _ height: Int) {
        var random = SplitMix64(seed: UInt64(width * 1000 + height))
        for density in [0.1, 0.3, 0.45, 0.6, 0.9] {
            let values = (0..<width * height).map { _ in
                random.uniform() < density ? Float(1 + random.uniform()) : 0
            }
            let found = RegionMap(
                AnomalyMap(width: width, height: height, values: values), threshold: 0.5, width: width, height: height)
            let want = Reference.components(values.map { $0 > 0.5 }, width: width, height: height)
                .map { pixels in
                    let xs = pixels.map { $0 % width }, ys = pixels.map { $0 / width }
                    let box = [xs.min() ?? 0, ys.min() ?? 0]
                    return (
                        peak: Double(pixels.map { values[$0] }.max() ?? 0), area: pixels.count,
                        box: box + [(xs.max() ?? 0) - box[0] + 1, (ys.max() ?? 0) - box[1] + 1]
                    )
                }.sorted { $0.peak > $1.peak }
            #expect(found.regions.map(\.peakScore) == want.map(\.peak).prefix(RegionMap.capacity).map { $0 })
            #expect(found.regions.map(\.area) == want.map(\.area).prefix(RegionMap.capacity).map { $0 })
            #expect(found.regions.map(\.bbox) == want.map(\.box).prefix(RegionMap.capacity).map { $0 })
        }
    }

    @Test func regions_are_in_the_image_s_pixels() throws {
        // A 4 × 4 map over a 40 × 20 image: the hot quarter is at the image's right and top.
        let map = Self.map(["..99", "..99", "....", "...."])
        let found = RegionMap(map, threshold: 4.5, width: 40, height: 20)
        let region = try #require(found.regions.first)
        #expect(found.regions.count == 1 && found.mask.count == 800)
        // Bilinear stretching crosses half the height half way between the two pixels' centres.
        #expect(region.bbox == [20, 0, 20, 10])
        // The corner is rounded off: there the map falls in both directions at once.
        #expect((190...200).contains(region.area))
    }

    @Test func a_quiet_map_has_no_region_at_any_size() {
        let map = AnomalyMap(width: 5, height: 5, values: (0..<25).map { Float($0) / 24 })
        for size in [3, 5, 17, 100] {
            #expect(RegionMap(map, threshold: map.maximum, width: size, height: size).regions.isEmpty)
        }
    }
}
