import DetectionCore
import DetectionMethods
import Foundation
import NeuralNets
import TestSupport
import Testing

@Suite struct DistanceStatisticsTests {
    /// Three images, two positions: distances 1, 2, 3 and 5, 5, 5. Variances 2/3 and 0, their mean 1/3 counts as 10
    /// images: (3·2/3 + 10/3)/13 and (3·0 + 10/3)/13.
    @Test func few_images_shrink_towards_the_common_variance() throws {
        let distances: [[Float]] = [[1, 5], [2, 5], [3, 5]]
        #expect(PositionStatistics.pooledPictures == 10)
        // Seen twice each they are no more images.
        for sights in [distances, distances + distances] {
            let statistics = try #require(DistanceStatistics(distances: sights, pictures: 3))
            #expect(statistics.positions.means == [2, 5])
            #expect(abs(statistics.positions.deviations[0] - 0.640513) <= 1e-6)
            #expect(abs(statistics.positions.deviations[1] - 0.506370) <= 1e-6)
        }
    }

    @Test func distances_that_never_vary_are_left_as_they_are() {
        #expect(DistanceStatistics(distances: [[2, 5], [2, 5]], pictures: 2) == nil)
    }

    /// The unevenness of the map's variation over the fitting images: the spread of its standard deviations,
    /// relative to their mean.
    private func inequality(_ model: any DetectorModel, _ frames: FrameSource) throws -> Double {
        let detector = try model.makeDetector(threads: 1)
        let maps = try (0..<frames.count).map { try detector.detect(frames.frame($0)).map.values.map(Double.init) }
        let deviations = maps[0].indices.map { pixel in
            let values = maps.map { $0[pixel] }, mean = values.reduce(0, +) / Double(values.count)
            return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
        }
        let mean = deviations.reduce(0, +) / Double(deviations.count)
        let spread = deviations.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(deviations.count)
        return spread.squareRoot() / mean
    }

    @Test func standardised_distances_vary_alike_at_the_edge_and_in_the_middle() throws {
        try withTemporaryFolder { folder in
            var drawn = DrawnParts(seed: 3)
            for part in 0..<24 {
                let frame = try #require(drawn.part(exposures: 1).first)
                try frame.encodedPNG(compression: .fast).write(to: folder.appendingPathComponent("\(part).png"))
            }
            let tensors = Dictionary(uniqueKeysWithValues: try BackboneFixture.smallB0.get())
            let backbone = try Backbone(file: WeightFile(tensors: tensors), name: "b0")
            let frames = try FrameSource(folders: [folder.path])
            func fit(_ standardization: GRADOptions.Standardization) throws -> any DetectorModel {
                var options = GRADOptions()
                (options.inputWidth, options.inputHeight) = (64, 32)
                (options.epochs, options.batchSize, options.patience, options.variants) = (2, 4, 0, 1)
                options.standardization = standardization
                (options.map.wide, options.map.levelShare) = (0, 0)
                let fitted = try options.fit(frames, backbone: backbone, work: FittingWork(workers: 2)).model
                // The statistics read back.
                return try ModelFile.decode(ModelFile(fitted: fitted).encoded(), name: "model").model
            }
            let authors = try inequality(try fit(.none), frames)
            let standardised = try inequality(try fit(.position), frames)
            #expect(standardised < 0.8 * authors, "\(standardised) against \(authors)")
        }
    }
}
