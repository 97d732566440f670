import CKernels
import DetectionCore
import Imaging
import NeuralNets

/// A frame's features on one grid: the backbone's taps resized to the finest one's size, concatenated, and projected if
/// there is a projection. One per worker: it owns its buffers.
final class AlignedFeatures {
    /// The positions' centres in the input.
    let rows, columns: GridAxis
    /// Channels of all taps.
    let tapChannels: Int
    /// Channels of the result of `gather`.
    let channels: Int

    private let backbone: Backbone
    private let extractor: FeatureExtractor
    private let tapCount: Int
    private let levelIndices: [Int]
    private let projection: FeatureProjection.Prepared?
    private var aligned: [Float]
    private var stretched: [Float] = []
    /// An image before augmentation; empty until it is needed.
    private var unchanged: [Float] = []

    /// - Parameter levels: whose pooled features are wanted too.
    /// - Throws: `WeightError`, `ThreadError`, `ModelError` if the projection does not fit the taps.
    init(
        backbone: Backbone, inputWidth: Int, inputHeight: Int, taps: [String], levels: [String] = [],
        projection: FeatureProjection?, threads: Int, extractors: SharedExtractors = SharedExtractors()
    ) throws {
        self.backbone = backbone
        let names = taps + levels.filter { !taps.contains($0) }
        extractor = try extractors.extractor(
            backbone: backbone, inputHeight: inputHeight, inputWidth: inputWidth, taps: names, threads: threads)
        tapCount = taps.count
        levelIndices = levels.compactMap { names.firstIndex(of: $0) }
        let maps = extractor.features.prefix(taps.count)
        guard let finest = maps.max(by: { $0.height * $0.width < $1.height * $1.width }) else {
            throw ModelError("the detector uses no level of the backbone")
        }
        (rows, columns) = (finest.rows, finest.columns)
        tapChannels = maps.reduce(0) { $0 + $1.channels }
        if let projection, projection.inputs != tapChannels {
            throw ModelError(
                "the model projects \(projection.inputs) channels, the backbone's levels \(taps.joined(separator: ", ")) "
                    + "have \(tapChannels)")
        }
        self.projection = projection?.prepared()
        channels = projection?.outputs ?? tapChannels
        aligned = [Float](repeating: 0, count: finest.height * finest.width * tapChannels + Int(CK_SLACK))
        let widest = maps.map(\.channels).max() ?? 0
        stretched = [Float](repeating: 0, count: finest.height * finest.width * widest)
    }

    /// Size of the backbone's input, pixels.
    var inputHeight: Int { extractor.inputHeight }
    var inputWidth: Int { extractor.inputWidth }
    /// Size of the features.
    var height: Int { rows.count }
    var width: Int { columns.count }
    /// Floats that `gather` writes.
    var count: Int { height * width * channels }

    /// Resizes and normalises a frame for the backbone, with an optional augmentation.
    func load(_ frame: Frame, changed change: ImageAugmentation.Draw? = nil) {
        extractor.load(frame, backbone.normalization)
        guard let change, let input = extractor.input.baseAddress else { return }
        unchanged = Array(extractor.input)
        change.apply(
            to: unchanged, height: inputHeight, width: inputWidth, backbone.normalization, into: input)
    }

    func runBackbone() { extractor.run() }

    /// The last run's pooled features of each level.
    func pooled() -> [[Double]] {
        let features = extractor.features
        return levelIndices.map { features[$0].pooled() }
    }

    /// Writes the last run's features, `[height, width, channels]`.
    func gather(into out: UnsafeMutablePointer<Float>) {
        if let projection {
            aligned.withUnsafeMutableBufferPointer { aligned in
                guard let base = aligned.baseAddress else { return }
                align(into: base)
                projection.apply(base, positions: height * width, into: out)
            }
        } else {
            align(into: out)
        }
    }

    /// Bilinear with aligned corners, as the authors resize the taps.
    private func align(into out: UnsafeMutablePointer<Float>) {
        var offset = 0
        for map in extractor.features.prefix(tapCount) {
            let rows = Int32(height * width), channels = Int32(map.channels)
            if map.height == height, map.width == width {
                ck_copy_rows(map.values.baseAddress, channels, 0, rows, out + offset, tapChannels)
            } else {
                ck_bilinear(
                    map.values.baseAddress, 1, Int32(map.height), Int32(map.width), channels, Int32(height),
                    Int32(width), 1, &stretched)
                ck_copy_rows(stretched, channels, 0, rows, out + offset, tapChannels)
            }
            offset += map.channels
        }
    }
}
