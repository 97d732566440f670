import CKernels
import TensorCore

/// The points that bilinear resampling keeps in place.
enum Corners {
    /// The corner pixels' centres map onto each other (`align_corners=True`).
    case aligned
    /// The image's edges do (`align_corners=False`).
    case halfPixel
}

/// Bilinear resampling, `[N, H, W, C] → [N, height, width, C]`: the values are `ck_bilinear`'s, the gradients those of
/// the matrix that resampling one bright pixel after another shows.
func upsampleBilinear(_ x: Variable, height: Int, width: Int, corners: Corners) -> Variable {
    let (images, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    func resampled(_ values: [Float], images: Int, channels: Int) -> [Float] {
        var out = [Float](repeating: .nan, count: images * height * width * channels)
        ck_bilinear(
            values, Int32(images), Int32(h), Int32(w), Int32(channels), Int32(height), Int32(width),
            corners == .aligned ? 1 : 0, &out)
        return out
    }
    // Every pixel's channel of its own: what each output pixel takes of each input pixel.
    var pixels = [Float](repeating: 0, count: h * w * h * w)
    for pixel in 0..<h * w { pixels[pixel * h * w + pixel] = 1 }
    let matrix = Tensor(shape: [height * width, h * w], values: resampled(pixels, images: 1, channels: h * w))
    let row = x.reshaped([1, images * h * w * c])
    let parts = (0..<images).map { image in
        let part = row.slice(channels: image * h * w * c..<(image + 1) * h * w * c)
        return matmul(Variable(matrix), part.reshaped([h * w, c])).reshaped([1, height * width * c])
    }
    let product = concatenateChannels(parts).reshaped([images, height, width, c])
    let direct = Tensor(shape: product.shape, values: resampled(x.value.values, images: images, channels: c))
    return product + (Variable(direct) - product.detached)
}
