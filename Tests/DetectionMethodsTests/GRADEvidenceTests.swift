import DetectionCore
import DetectionMethods
import Foundation
import NeuralNets
import TestSupport
import Testing

/// Both kinds of evidence in GRAD's image score.
@Suite struct GRADEvidenceTests {
    @Test func both_kinds_survive_the_model_file_and_the_map_alone_has_none() throws {
        try withTemporaryFolder { folder in
            var drawn = DrawnParts(seed: 3)
            for part in 0..<16 {
                let frame = try #require(drawn.part(exposures: 1).first)
                try frame.encodedPNG(compression: .fast).write(to: folder.appendingPathComponent("\(part).png"))
            }
            let frame = try #require(drawn.part(exposures: 1).first)
            let tensors = Dictionary(uniqueKeysWithValues: try BackboneFixture.smallB0.get())
            let backbone = try Backbone(file: WeightFile(tensors: tensors), name: "b0")
            let frames = try FrameSource(folders: [folder.path])
            var options = GRADOptions()
            (options.inputWidth, options.inputHeight) = (64, 32)
            (options.epochs, options.batchSize, options.patience, options.variants) = (2, 4, 0, 1)
            func fit() throws -> any DetectorModel {
                try options.fit(frames, backbone: backbone, work: FittingWork(workers: 2)).model
            }
            let fitted = try fit()
            let stored = try ModelFile.decode(ModelFile(fitted: fitted).encoded(), name: "model").model
            let want = try fitted.makeDetector(threads: 1).detect(frame)
            let got = try stored.makeDetector(threads: 1).detect(frame)
            #expect(got.imageScore == want.imageScore && got.map.values == want.map.values)
            let evidence = try #require(got.evidence)
            #expect(evidence == want.evidence && evidence.pooled > 0 && evidence.local > 0)
            // Another flawless part is neither far below nor far above the usual.
            #expect((0.3...3).contains(got.imageScore), "\(got.imageScore)")
            for (kind, standardization) in [
                (GRADOptions.Evidence.local, GRADOptions.Standardization.position), (.both, .none),
            ] {
                (options.evidence, options.standardization) = (kind, standardization)
                #expect(try fit().makeDetector(threads: 1).detect(frame).evidence == nil)
            }
        }
    }
}
