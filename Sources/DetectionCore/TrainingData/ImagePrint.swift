/// A fingerprint that later recognises an image, or another exposure of the same part.
package struct ImagePrint: Sendable, Equatable {
    /// SHA-256 of the file.
    package let digest: [UInt8]
    /// The result of `ImageLikeness.thumbnail`: mean 0, length 1.
    let thumbnail: [Float]
    /// The expected square of sensor noise and compression in the thumbnail: two images that differ by no more show the
    /// same scene.
    let noise: Float

    init(digest: [UInt8], thumbnail: [Float], noise: Float) {
        (self.digest, self.thumbnail, self.noise) = (digest, thumbnail, noise)
    }

    /// The square of the distance between two thumbnails that images of the same scene stay below.
    ///
    /// Independent noise adds up, and both estimates are rough: four times as much is allowed.
    static func sameness(_ a: ImagePrint, _ b: ImagePrint) -> Float { 4 * (a.noise + b.noise) + 1e-5 }

    /// The upper limit of the noise: fine texture resembles noise and must not make different parts the same.
    private static let mostNoise: Float = 1e-3

    /// - Parameters:
    ///   - deviation: of a sample's noise, as a share of full scale.
    ///   - pixels: of the image, for each of the thumbnail's.
    ///   - energy: the sum of squares of the thumbnail before it was brought to length 1.
    static func noise(deviation: Float, pixels: Float, energy: Float) -> Float {
        guard energy > 0 else { return 0 }
        // JPEG moves the mean of a block of 8 × 8 by about 0.6 of 255.
        let compression: Float = 0.6 / 255
        let variance = deviation * deviation / pixels + compression * compression / max(1, pixels / 64)
        return min(mostNoise, variance * Float(ImageLikeness.side * ImageLikeness.side) / energy)
    }
}
