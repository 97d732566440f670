import DetectionCore
import NeuralNets

extension DetectionMethod {
    /// Nearest neighbour among remembered patches, after Roth et al., CVPR 2022.
    package static let patchCore = DetectionMethod(rawValue: "patchcore")
}

/// A fitted PatchCore-like detector: patches of flawless images that represent all of them.
package struct PatchCoreModel: DetectorModel {
    package static let method = DetectionMethod.patchCore
    package let backbone: Backbone
    package let inputWidth, inputHeight: Int
    package let taps: [String]
    /// `[patches, channels]`
    package let memory: [Float]
    package let channels: Int

    package init(
        backbone: Backbone, inputWidth: Int, inputHeight: Int, taps: [String], memory: [Float], channels: Int
    ) {
        (self.backbone, self.inputWidth, self.inputHeight) = (backbone, inputWidth, inputHeight)
        (self.taps, self.memory, self.channels) = (taps, memory, channels)
    }

    package var patches: Int { memory.count / channels }

    /// Squared lengths of patches.
    /// - Parameter values: `[patches, channels]`
    static func squares(_ values: [Float], channels: Int) -> [Float] {
        (0..<values.count / channels).map { patch in
            values[patch * channels..<(patch + 1) * channels].reduce(0) { $0 + $1 * $1 }
        }
    }

    package var backboneName: String { backbone.name }

    package func makeDetector(threads: Int, extractors: SharedExtractors) throws -> any Detector {
        try PatchCoreDetector(model: self, threads: threads, extractors: extractors)
    }
}

extension PatchCoreModel {
    /// Tensor `memory`, setting `taps`.
    package func encoded() throws -> ModelContents {
        var contents = ModelContents(backbone: backbone, inputWidth: inputWidth, inputHeight: inputHeight)
        contents.settings["taps"] = taps.joined(separator: ",")
        contents.tensors["memory"] = StoredTensor(floats: memory, shape: [patches, channels])
        return contents
    }

    package init(file: WeightFile, name: String) throws {
        let reader = ModelReader(file: file, name: name)
        let memory = try reader.tensor("memory", rank: 2), values = memory.floats()
        guard values.allSatisfy(\.isFinite) else { throw reader.damaged("memory") }
        let (width, height) = try reader.inputSize()
        self.init(
            backbone: try reader.backbone(), inputWidth: width, inputHeight: height, taps: try reader.list("taps"),
            memory: values, channels: memory.shape[1])
    }
}
