import DetectionMethods
import Testing

@Suite struct FeatureProjectionTests {
    /// Variances 4 and 1 along the axes: their mean 2.5 counts as 20 images. Of 20 images, (20·4 + 20·2.5)/40 = 3.25
    /// and (20·1 + 20·2.5)/40 = 1.75; scaled by 1/√3.25 and 1/√1.75, the variances are 1.2308 and 0.5714, their mean
    /// 0.9011.
    @Test func few_images_whiten_less() throws {
        #expect(FeatureProjection.pooledPictures == 20)
        let projection = try FeatureProjection(
            mean: [1, 2], covariance: [4, 0, 0, 1], pictures: 20, components: 2, whitening: 1)
        #expect(projection.mean == [1, 2])
        for (got, want) in zip(projection.matrix, [0.58435, 0, 0, 0.79633]) { #expect(abs(Double(got) - want) <= 1e-5) }
    }

    @Test func many_images_give_every_component_the_same_variance() throws {
        let projection = try FeatureProjection(
            mean: [0, 0], covariance: [4, 0, 0, 1], pictures: 1_000_000, components: 2, whitening: 1)
        for (got, want) in zip(projection.matrix, [0.5, 0, 0, 1]) { #expect(abs(Double(got) - want) <= 1e-4) }
    }

    /// The stronger direction comes first, whatever order the channels have, and its largest entry is positive.
    @Test func without_whitening_components_keep_their_length() throws {
        let projection = try FeatureProjection(
            mean: [0, 0], covariance: [2, -1, -1, 2], pictures: 20, components: 2, whitening: 0)
        let half = 0.5.squareRoot()
        #expect(abs(abs(Double(projection.matrix[0])) - half) <= 1e-6)
        #expect(projection.matrix[0] == -projection.matrix[2])
        #expect(projection.matrix[1] == projection.matrix[3])
    }

    @Test func a_component_that_never_varies_stays_finite() throws {
        let projection = try FeatureProjection(
            mean: [0, 0], covariance: [3, 0, 0, 0], pictures: 400, components: 2, whitening: 1)
        #expect(projection.matrix.allSatisfy { $0.isFinite })
    }
}
