import Foundation
import Imaging
import LinuxPlatform
import InspectionDomain

/// The properties of an image, measured in one pass before a fit.
package struct ImageProfile: Sendable {
    package let file: RawPath
    package let print: ImagePrint
    package let width, height, bitDepth: Int
    /// The smallest and the largest raw sample.
    package let lowest, highest: Int
    let contrast: Contrast
    let look: ImageLook
    /// Whether every sample has one of two values, as in a mask.
    let isBinary: Bool
    /// Whether every pixel is fully transparent.
    let isTransparent: Bool
    /// The decoder's remarks.
    let remarks: [String]

    init(file: RawPath, data: Data, frame: Frame) {
        self.file = file
        (width, height, bitDepth) = (frame.width, frame.height, frame.bitDepth)
        let (low, high) = frame.extremes
        (lowest, highest) = (low, high)
        contrast = Contrast(frame)
        look = ImageLook(frame)
        isBinary = low < high && Self.isBinary(frame, low, high)
        isTransparent = frame.alpha == .zeroEverywhere
        remarks = frame.remarks
        let (thumbnail, energy) = ImageLikeness.thumbnailAndEnergy(frame)
        let pixels = Float(max(1, frame.width * frame.height)) / Float(ImageLikeness.side * ImageLikeness.side)
        print = ImagePrint(
            digest: Self.bytes(ContentDigest.sha256(of: data)), thumbnail: thumbnail,
            noise: ImagePrint.noise(
                deviation: SensorNoise.deviation(frame), pixels: max(1, pixels), energy: energy))
    }

    /// The path as text.
    package var path: String { file.description }

    /// Whether the image has no contrast in this range of intensities.
    func hasNoContrast(_ range: IntensityRange) -> Bool {
        contrast.isNone(range.bitDepth == bitDepth ? range : .whole(bitDepth))
    }

    private static func isBinary(_ frame: Frame, _ low: Int, _ high: Int) -> Bool {
        switch frame.samples {
        case .eight(let values): values.allSatisfy { Int($0) == low || Int($0) == high }
        case .sixteen(let values): values.allSatisfy { Int($0) == low || Int($0) == high }
        }
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.map { $0 > 0x39 ? $0 - 0x57 : $0 - 0x30 }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// Profiles of many images, and the unreadable ones.
package struct ImageProfiles: Sendable {
    /// In the order of the paths.
    package let profiles: [ImageProfile]
    package let unreadable: [FrameSource.Unreadable]

    /// Reads every image once, in parallel; an unreadable image is recorded.
    package init(_ source: FrameSource, workers: Int, progress: WorkProgress? = nil) throws {
        let parts = try ParallelFrames.run(
            count: source.count, workers: workers, phase: "looking at the images", progress: progress,
            makeWorker: { _ in [Int: Result<ImageProfile, FrameSource.Unreadable>]() },
            body: { found, index in
                do {
                    let (data, frame) = try source.dataAndFrame(index)
                    found[index] = .success(ImageProfile(file: source.files[index], data: data, frame: frame))
                } catch let error as FrameSource.Unreadable {
                    found[index] = .failure(error)
                }
            })
        let all = parts.flatMap { $0 }.sorted { $0.key < $1.key }.map(\.value)
        profiles = all.compactMap { try? $0.get() }
        unreadable = all.compactMap { if case .failure(let error) = $0 { error } else { nil } }
    }
}
