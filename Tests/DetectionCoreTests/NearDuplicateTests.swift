import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import TestSupport
import Testing

@Suite struct NearDuplicateTests {
    /// Exposures of the same part follow each other: image i shows part i / exposures.
    static func pictures(
        parts: Int, exposures: Int, displacement: Double = 0, hasShape: Bool = true, texture: Double = 8,
        seed: UInt64 = 2
    ) -> [Frame] {
        var drawn = DrawnParts(seed: seed)
        (drawn.displacement, drawn.hasShape, drawn.texture) = (displacement, hasShape, texture)
        return (0..<parts).flatMap { _ in drawn.part(exposures: exposures) }
    }

    @discardableResult static func with<Result>(_ frames: [Frame], _ body: (FrameSource) throws -> Result) throws
        -> Result
    {
        try withTemporaryFolder { folder in
            try write(frames, to: folder)
            return try body(try FrameSource(folders: [folder.path]))
        }
    }

    @Test(arguments: [(12, 5), (30, 2), (5, 20)])
    func exposures_of_one_part_form_one_group(_ parts: Int, _ exposures: Int) throws {
        let groups = try Self.with(Self.pictures(parts: parts, exposures: exposures)) {
            try NearDuplicates.groups($0, workers: 2)
        }
        #expect(groups == (0..<parts).map { Array($0 * exposures..<($0 + 1) * exposures) })
    }

    @Test func differently_cut_exposures_of_one_surface_form_one_group() throws {
        // Stains that stand out of the noise: a surface without any mark of its own resembles nothing.
        let frames = Self.pictures(parts: 10, exposures: 5, displacement: 0.02, hasShape: false, texture: 20)
        let groups = try Self.with(frames) { try NearDuplicates.groups($0, workers: 2) }
        #expect(groups == (0..<10).map { Array($0 * 5..<($0 + 1) * 5) })
    }

    @Test func different_parts_of_one_product_stay_apart() throws {
        let groups = try Self.with(Self.pictures(parts: 40, exposures: 1)) { try NearDuplicates.groups($0, workers: 2) }
        #expect(groups == (0..<40).map { [$0] })
    }

    @Test func no_part_is_on_both_sides_of_a_split() throws {
        let (parts, exposures) = (15, 4)
        try Self.with(Self.pictures(parts: parts, exposures: exposures)) { source in
            var calibrations: Set<[Int]> = []
            for seed in 0..<5 {
                let split = try NearDuplicates.split(source, seed: UInt64(seed), workers: 2)
                let fitted = Set(split.fitting.map { $0 / exposures })
                #expect(fitted.isDisjoint(with: split.calibration.map { $0 / exposures }))
                #expect((split.fitting + split.calibration).sorted() == Array(0..<parts * exposures))
                #expect(split.fitting == split.fitting.sorted() && split.calibration == split.calibration.sorted())
                #expect((12...15).contains(split.calibration.count))
                #expect(split.groups == parts)
                calibrations.insert(split.calibration)
            }
            #expect(calibrations.count > 1)
        }
    }

    @Test func the_same_seed_gives_the_same_split_whatever_the_number_of_workers() throws {
        try Self.with(Self.pictures(parts: 10, exposures: 3)) { source in
            let one = try NearDuplicates.split(source, seed: 9, workers: 1)
            #expect(try NearDuplicates.split(source, seed: 9, workers: 2) == one)
            #expect(try NearDuplicates.split(source, seed: 9, workers: 5) == one)
        }
    }

    @Test(arguments: [0.1, 0.3, 0.5]) func the_share_decides_how_many_are_held_out(_ share: Double) throws {
        let split = try Self.with(Self.pictures(parts: 40, exposures: 1)) {
            try NearDuplicates.split($0, share: share, workers: 2)
        }
        #expect(split.calibration.count == Int((40 * share).rounded(.up)))
    }

    @Test func parts_that_lie_differently_are_not_taken_for_one_another() throws {
        // Nearly no texture: what differs most between these images is where the part lies.
        var drawn = DrawnParts(seed: 6)
        (drawn.texture, drawn.displacement) = (2, 0.03)
        let frames = (0..<80).flatMap { _ in drawn.part(exposures: 1) }
        let split = try Self.with(frames) { try NearDuplicates.split($0, workers: 2) }
        #expect(split.groups >= 10)
        #expect((12...20).contains(split.calibration.count))
    }

    @Test func a_few_large_groups_are_split_as_groups() throws {
        try Self.with(Self.pictures(parts: 3, exposures: 12)) { source in
            let split = try NearDuplicates.split(source, workers: 2)
            #expect(split.groups == 3)
            #expect(split.calibration.count == 12)
            #expect(Set(split.calibration.map { $0 / 12 }).count == 1)
        }
    }

    @Test func copies_of_one_image_are_refused_with_a_message() throws {
        let frame = Self.pictures(parts: 1, exposures: 1)[0]
        try Self.with([Frame](repeating: frame, count: 2)) { source in
            let error = try #require(throws: NearDuplicates.OneGroup.self) {
                try NearDuplicates.split(source, workers: 1)
            }
            #expect((error.count, error.groups) == (2, 1))
            #expect(error.description.contains("1 group of near-duplicates"))
        }
    }

    @Test func one_image_cannot_be_split() throws {
        try Self.with(Self.pictures(parts: 1, exposures: 1)) { source in
            #expect(throws: NearDuplicates.OneGroup.self) { try NearDuplicates.split(source, workers: 2) }
        }
    }

    @Test func an_image_that_cannot_be_read_is_named() throws {
        try withTemporaryFolder { folder in
            try write(Self.pictures(parts: 3, exposures: 1), to: folder)
            let broken = folder.appendingPathComponent("1001.png")
            try Data("no image".utf8).write(to: broken)
            let error = try #require(throws: FrameSource.Unreadable.self) {
                try NearDuplicates.split(try FrameSource(folders: [folder.path]), workers: 2)
            }
            #expect(error.path == broken.path && error.description.contains("1001.png"))
        }
    }
}
