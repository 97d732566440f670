import Foundation
import NeuralNets

/// The images that a model was fitted on, stored beside it so that no later calibration uses them: each image's path,
/// its file's SHA-256 and a thumbnail (1,096 bytes and the path).
///
/// On disk, format 1: a safetensors file. Metadata: `training_format`, and `training_paths`, a JSON list of strings.
/// Tensors, of n images: `training.digests` U8 `[32 n]`; `training.thumbnails` U8 `[1024 n]`, 128 being zero, 127 steps
/// to `training.scale` F32 `[1]`; `training.noise` F32 `[n]`.
package struct TrainingRecord: Sendable {
    package static let currentFormat = 1
    /// Its keys in a file that holds more.
    package static let metadataKeys = ["training_format", "training_paths"], tensorPrefix = "training."
    private static let digestLength = 32, thumbnailLength = ImageLikeness.side * ImageLikeness.side

    package let images: [(name: String, print: ImagePrint)]

    package init(_ profiles: [ImageProfile]) { images = profiles.map { ($0.path, $0.print) } }

    /// Tensors and metadata, also for inclusion in another file.
    package func contents() throws -> ModelContents {
        let scale = images.lazy.flatMap(\.print.thumbnail).map(abs).max() ?? 0
        let octets = images.flatMap { image in
            image.print.thumbnail.map { UInt8(128 + (scale > 0 ? $0 / scale * 127 : 0).rounded()) }
        }
        let paths = try JSONEncoder().encode(images.map(\.name))
        return ModelContents(
            tensors: [
                "training.digests": StoredTensor(octets: Data(images.flatMap(\.print.digest))),
                "training.thumbnails": StoredTensor(octets: Data(octets)),
                "training.scale": StoredTensor(floats: [scale], shape: [1]),
                "training.noise": StoredTensor(floats: images.map(\.print.noise), shape: [images.count]),
            ],
            settings: [
                "training_format": String(Self.currentFormat), "training_paths": String(decoding: paths, as: UTF8.self),
            ])
    }

    package func encoded() throws -> Data {
        let contents = try contents()
        return try WeightFile(tensors: contents.tensors, metadata: contents.settings).encodedAsSafetensors()
    }

    /// - Returns: nil for a file without such a record: a model of an older version.
    /// - Throws: `ModelError` if it is damaged or of a newer version, `WeightError`.
    package static func decode(_ data: Data, name: String) throws -> TrainingRecord? {
        try TrainingRecord(file: try WeightFile.parse(data, name: name), name: name)
    }

    package init?(file: WeightFile, name: String) throws {
        guard let text = file.metadata["training_format"] else { return nil }
        guard let format = Int(text), format <= Self.currentFormat else {
            throw ModelError(
                "\(name): the record of the fitting images has format \(text), this version reads at most "
                    + "\(Self.currentFormat); upgrade inspectd or fit again")
        }
        guard let paths = file.metadata["training_paths"],
            let names = try? JSONDecoder().decode([String].self, from: Data(paths.utf8)),
            let digests = file.tensors["training.digests"], digests.bytes.count == names.count * Self.digestLength,
            let thumbnails = file.tensors["training.thumbnails"],
            thumbnails.bytes.count == names.count * Self.thumbnailLength,
            let scales = file.tensors["training.scale"], scales.dtype == .f32,
            let scale = scales.floats().first, scale.isFinite,
            let noises = file.tensors["training.noise"], noises.dtype == .f32, noises.count == names.count
        else { throw ModelError("\(name): the record of the fitting images is damaged; fit again") }
        let noise = noises.floats()
        let (digestBytes, octets) = ([UInt8](digests.bytes), [UInt8](thumbnails.bytes))
        images = names.indices.map { index in
            let thumbnail = octets[index * Self.thumbnailLength..<(index + 1) * Self.thumbnailLength]
            let digest = digestBytes[index * Self.digestLength..<(index + 1) * Self.digestLength]
            return (
                names[index],
                ImagePrint(
                    digest: Array(digest),
                    thumbnail: ImageLikeness.normalised(thumbnail.map { (Float($0) - 128) / 127 * scale }),
                    noise: noise[index])
            )
        }
    }
}
