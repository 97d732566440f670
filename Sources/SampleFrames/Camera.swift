import Foundation
import Imaging
import SeededRandom

/// The variation between exposures: light, position, focus and sensor noise. Turns a scene into a frame.
struct Camera {
    let width, height: Int
    /// Pixels per unit of the scene, which is drawn for 384 × 288.
    let scale: Float
    /// The part's position and rotation under the lens.
    let offset: SIMD2<Float>
    let angle: Float
    /// Unit vector towards the lamp, in the image's plane.
    let light: SIMD2<Float>
    private let exposure: Float
    private let falloff: SIMD2<Float>
    private let tint: SIMD3<Float>
    private let blur: Float
    private let grain: Float
    private let grainSeed: UInt64

    init(width: Int, height: Int, generator: inout SplitMix64) {
        self.width = width
        self.height = height
        scale = min(Float(width) / 384, Float(height) / 288)
        offset = SIMD2(generator.uniform(-5, 5), generator.uniform(-4, 4))
        angle = generator.uniform(-0.022, 0.022)
        let direction = generator.uniform(-2.4, -2.1)
        light = SIMD2(cos(direction), sin(direction))
        exposure = generator.uniform(0.94, 1.06)
        falloff = SIMD2(generator.uniform(-0.05, 0.05), generator.uniform(-0.05, 0.05))
        tint = SIMD3(generator.uniform(0.985, 1.015), 1, generator.uniform(0.985, 1.015))
        blur = generator.uniform(0.16, 0.30)
        grain = generator.uniform(0.008, 0.013)
        grainSeed = generator.next()
    }

    /// Scene coordinates of a pixel's centre: the origin is the part's middle, right and down positive.
    func scenePoint(_ x: Int, _ y: Int) -> SIMD2<Float> {
        let p = SIMD2(Float(x) + 0.5 - Float(width) / 2, Float(y) + 0.5 - Float(height) / 2) / scale - offset
        let (c, s) = (cos(angle), sin(angle))
        return SIMD2(p.x * c + p.y * s, p.y * c - p.x * s)
    }

    /// Exposes a scene: 0…1 colours by row, `width × height` of them.
    func expose(_ scene: [SIMD3<Float>]) -> Frame {
        let focused = blurred(blurred(scene, step: 1), step: width)
        var noise = SplitMix64(seed: grainSeed)
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        for y in 0..<height {
            let v = Float(y) / Float(height) - 0.5
            for x in 0..<width {
                let u = Float(x) / Float(width) - 0.5
                let vignette = 1 - 0.22 * (u * u + v * v) * 2
                let lamp = exposure * vignette * (1 + falloff.x * u * 2 + falloff.y * v * 2)
                let luminance = noise.normal() * grain
                let colour = focused[y * width + x] * tint * lamp
                for channel in 0..<3 {
                    let value = colour[channel] + luminance + noise.normal() * grain * 0.35
                    pixels[(y * width + x) * 3 + channel] = UInt8(min(255, max(0, value * 255 + 0.5)))
                }
            }
        }
        return Frame(width: width, height: height, channels: 3, samples: .eight(pixels))
    }

    /// One pass of a three-tap blur: the lens.
    private func blurred(_ image: [SIMD3<Float>], step: Int) -> [SIMD3<Float>] {
        let side = blur * min(1, scale), middle = 1 - 2 * side
        var out = image
        guard image.count > 2 * step else { return out }
        for index in step..<(image.count - step) {
            out[index] = image[index] * middle + (image[index - step] + image[index + step]) * side
        }
        return out
    }
}
