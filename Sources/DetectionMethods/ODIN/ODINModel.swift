import DetectionCore
import Foundation
import NeuralNets
import TensorCore

extension DetectionMethod {
    /// Out-of-distribution detector of a classifier (Liang et al., ICLR 2018): recognises known products and wrong
    /// ones.
    package static let odin = DetectionMethod(rawValue: "odin")
}

/// A fitted ODIN product gate (Liang, Li & Srikant, ICLR 2018): a classifier of the known products, and the strength of
/// its inputs' perturbation.
package struct ODINModel: ProductGateModel {
    package static let method = DetectionMethod.odin
    package let classifier: ODINClassifier
    /// Names of the known products, in the order of the classifier's outputs.
    package let products: [String]
    package let inputWidth, inputHeight: Int
    package let normalization: Normalization
    /// The divisor of the logits.
    package let temperature: Double
    /// Strength of the perturbation, in the images' range 0…1.
    package let epsilon: Float
    package let graph: NetworkGraph
    /// Nil for a classifier with its own network.
    let backbone: Backbone?
    /// The classifier's parameters, in the frameworks' layout.
    let parameters: [String: StoredTensor]

    package var backboneName: String { classifier.name(backbone: backbone) }

    /// - Throws: `WeightError` if a parameter is missing or has another shape.
    package init(
        classifier: ODINClassifier, products: [String], inputWidth: Int, inputHeight: Int,
        normalization: Normalization, temperature: Double, epsilon: Float, parameters: [String: StoredTensor],
        backbone: Backbone?
    ) throws {
        graph = try classifier.graph(
            classes: products.count, StoredParameters(parameters, file: "the ODIN model"), backbone: backbone)
        (self.classifier, self.products, self.parameters, self.backbone) = (classifier, products, parameters, backbone)
        (self.inputWidth, self.inputHeight, self.normalization) = (inputWidth, inputHeight, normalization)
        (self.temperature, self.epsilon) = (temperature, epsilon)
    }

    /// The same gate with another strength of perturbation.
    func with(epsilon: Float) throws -> ODINModel {
        try ODINModel(
            classifier: classifier, products: products, inputWidth: inputWidth, inputHeight: inputHeight,
            normalization: normalization, temperature: temperature, epsilon: epsilon, parameters: parameters,
            backbone: backbone)
    }

    /// At a high temperature every score is near 1 − 1 / products, that of an ignorant classifier; its distance from
    /// there counts, in units of the change by a logit of 1.
    package func rounding(of score: Double) -> Double {
        let share = 1 / Double(products.count)
        return 2e-3 * max(share / temperature, 1 - share - score)
    }

    package func makeDetector(threads: Int, extractors: SharedExtractors) throws -> any Detector {
        try ODINDetector(model: self, threads: threads)
    }

    /// Flawless test images show known products, named by their folders; all others are unknown.
    package func evaluationSections(_ dataset: Dataset, workers: Int, progress: WorkProgress?) throws -> ReportSections
    {
        func product(_ path: String) -> String {
            URL(fileURLWithPath: path).deletingLastPathComponent().lastPathComponent
        }
        let evaluation = try ODINEvaluation.run(
            self, known: dataset.test.filter { !$0.isAnomalous }.map { ($0.path, product($0.path)) },
            unknown: dataset.test.filter(\.isAnomalous).map(\.path), workers: workers, progress: progress)
        var sections = ReportSections()
        try sections.add(evaluation, text: evaluation.text)
        return sections
    }
}

extension ODINModel {
    /// Tensors: `classifier.<name>`, and the backbone's under `backbone.` if there is one.
    package func encoded() throws -> ModelContents {
        var contents = ModelContents(inputWidth: inputWidth, inputHeight: inputHeight)
        if let backbone {
            contents = ModelContents(backbone: backbone, inputWidth: inputWidth, inputHeight: inputHeight)
        }
        let kind: String
        switch classifier {
        case .denseNet(let depth, let growth, let reduction): kind = "densenet \(depth) \(growth) \(reduction)"
        case .wideResNet(let depth, let width): kind = "wide-resnet \(depth) \(width)"
        case .linear(let levels): kind = "linear \(levels.joined(separator: ","))"
        }
        func numbers(_ values: [Float]) -> String { values.map { String($0) }.joined(separator: ",") }
        contents.settings.merge(
            [
                "classifier": kind, "temperature": String(temperature), "epsilon": String(epsilon),
                "products": String(decoding: try JSONEncoder().encode(products), as: UTF8.self),
                "normalization_mean": numbers(normalization.mean), "normalization_std": numbers(normalization.std),
            ]
        ) { $1 }
        for (name, tensor) in parameters { contents.tensors["classifier.\(name)"] = tensor }
        return contents
    }

    /// - Throws: `ModelError`, `WeightError` for a file that contradicts its metadata.
    package init(file: WeightFile, name: String) throws {
        let reader = ModelReader(file: file, name: name)
        let (width, height) = try reader.inputSize()
        let classifier = try Self.classifier(reader)
        func numbers(_ key: String) throws -> [Float] {
            let values = try reader.list(key).compactMap { Float($0) }
            guard values.count == 3, values.allSatisfy(\.isFinite) else { throw reader.damaged(key) }
            return values
        }
        let normalization = Normalization(
            mean: try numbers("normalization_mean"), std: try numbers("normalization_std"))
        let text = try reader.setting("products")
        guard let products = try? JSONDecoder().decode([String].self, from: Data(text.utf8)), products.count >= 2,
            products.count <= 10_000, normalization.std.allSatisfy({ $0 > 0 }),
            let temperature = Double(try reader.setting("temperature")), temperature > 0, temperature.isFinite,
            let epsilon = Float(try reader.setting("epsilon")), epsilon >= 0, epsilon <= 1
        else { throw reader.damaged("products, temperature, epsilon") }
        var backbone: Backbone?
        if case .linear = classifier { backbone = try reader.backbone() }
        try self.init(
            classifier: classifier, products: products, inputWidth: width, inputHeight: height,
            normalization: normalization, temperature: temperature, epsilon: epsilon,
            parameters: reader.tensors(under: "classifier."), backbone: backbone)
    }

    private static func classifier(_ reader: ModelReader) throws -> ODINClassifier {
        let fields = try reader.setting("classifier").split(separator: " ").map(String.init)
        let sizes = fields.dropFirst().prefix(2).compactMap { Int($0) }
        switch (fields.first, sizes.count, fields.count) {
        case ("densenet", 2, 3...4)
        where DenseNet.fits(depth: sizes[0]) && sizes[0] <= 1000 && (1...512).contains(sizes[1]):
            // Files of the first version have no fourth field: all were halved.
            guard let reduction = fields.count == 4 ? Double(fields[3]) : 0.5, reduction > 0, reduction <= 1 else {
                throw reader.damaged("classifier")
            }
            return .denseNet(depth: sizes[0], growth: sizes[1], reduction: reduction)
        case ("wide-resnet", 2, 3)
        where DenseNet.fits(depth: sizes[0]) && sizes[0] <= 1000 && (1...64).contains(sizes[1]):
            return .wideResNet(depth: sizes[0], width: sizes[1])
        case ("linear", _, 2): return .linear(levels: fields[1].split(separator: ",").map(String.init))
        default: throw reader.damaged("classifier")
        }
    }
}
