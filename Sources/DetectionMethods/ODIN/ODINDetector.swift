import CKernels
import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import NeuralNets
import TensorCore

/// Recognises the product of a frame or an unknown one (Liang, Li & Srikant, ICLR 2018, section 3): the input is moved
/// slightly towards its predicted class, which raises a known product's probability more than an unknown one's.
package final class ODINDetector: Detector {
    /// A classifier's answer for one image.
    package struct Answer: Sendable {
        package let logits: [Float]
        /// 1 − the largest softmax probability: plain, and of the perturbed input at the model's temperature.
        package let baseline, score: Double
        /// The gradient of the cross entropy at the temperature by the input, `[1, H, W, 3]`.
        package let inputGradient: Tensor
        package let perturbed: Tensor
    }

    private let model: ODINModel
    private let parameters: NetworkParameters
    private let logits: NetworkGraph.NodeID
    /// Whether a frame may use more cores than its worker's.
    private let sharesCores: Bool
    /// The network of the second pass, without gradients.
    private let plan: InferencePlan

    package init(model: ODINModel, threads: Int) throws {
        self.model = model
        parameters = NetworkParameters(of: model.graph)
        sharesCores = threads > 1
        logits = ODINClassifier.logits(of: model.graph)
        plan = try InferencePlan(
            graph: model.graph, height: model.inputHeight, width: model.inputWidth, outputs: [logits],
            threads: threads)
    }

    package func detect(_ frame: Frame) throws -> Detection {
        let start = ContinuousClock.now
        let picture = frame.networkInput(width: model.inputWidth, height: model.inputHeight, model.normalization)
        let loaded = ContinuousClock.now
        let answer = answer(picture)
        let answered = ContinuousClock.now
        let map = AnomalyMap(
            answer.inputGradient.values, nil, height: model.inputHeight, width: model.inputWidth, channels: 3, scale: 1,
            squared: false
        ).smoothedForItsSize
        let probabilities = Self.softmax(answer.logits, temperature: 1)
        let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        return Detection(
            imageScore: answer.score, map: map,
            product: RecognizedProduct(name: model.products[best], confidence: probabilities[best]),
            preprocess: loaded.milliseconds(since: start), backbone: answered.milliseconds(since: loaded),
            detect: ContinuousClock.now.milliseconds(since: answered))
    }

    /// - Parameter picture: `[1, H, W, 3]`, normalised.
    package func answer(_ picture: Tensor) -> Answer {
        let (logits, gradient) = look(picture)
        let perturbed = perturbed(picture, gradient, epsilon: model.epsilon)
        // An unmoved input needs no second pass.
        let score = model.epsilon > 0 ? doubt(perturbed) : Self.doubt(logits, temperature: model.temperature)
        return Answer(
            logits: logits, baseline: Self.doubt(logits, temperature: 1), score: score, inputGradient: gradient,
            perturbed: perturbed)
    }

    /// The logits of an image, and the gradient of the cross entropy with its predicted class.
    /// - Parameter forgotten: a product whose output is left out, except from the returned logits.
    func look(_ picture: Tensor, forgetting forgotten: Int? = nil) -> (logits: [Float], gradient: Tensor) {
        guard sharesCores else { return Cores.withoutSharing { differentiate(picture, forgotten) } }
        return differentiate(picture, forgotten)
    }

    private func differentiate(_ picture: Tensor, _ forgotten: Int?) -> (logits: [Float], gradient: Tensor) {
        var network = TrainableNetwork(model.graph, parameters, tracking: { _ in false })
        let x = Variable(tracking: picture)
        let out = network.forward(x, nodes: [logits], normalization: .frozen)[0]
        let logits = out.reshaped([1, model.products.count])
        var left = logits
        if let forgotten {
            // Too improbable to count.
            var mask = Tensor(zeros: logits.shape)
            mask.values[forgotten] = -1e30
            left = logits + Variable(mask)
        }
        let values = left.value.values
        let best = values.indices.max { values[$0] < values[$1] } ?? 0
        let loss = crossEntropy(left * Float(1 / model.temperature), targets: [best])
        return (logits.value.values, gradients(of: loss, withRespectTo: [x])[0].value)
    }

    /// The input moved by ε against the gradient's sign, ε in the range 0…1 of unnormalised images. A gradient of zero
    /// counts as positive, as in the authors' code.
    func perturbed(_ picture: Tensor, _ gradient: Tensor, epsilon: Float) -> Tensor {
        guard epsilon > 0 else { return picture }
        var moved = picture
        for index in moved.values.indices {
            let step = epsilon / model.normalization.std[index % 3]
            moved.values[index] -= gradient.values[index] >= 0 ? step : -step
        }
        return moved
    }

    /// 1 − the largest probability at the model's temperature.
    /// - Parameter forgotten: a product whose output is left out.
    func doubt(_ picture: Tensor, forgetting forgotten: Int? = nil) -> Double {
        _ = plan.input.update(fromContentsOf: picture.values)
        plan.run()
        var logits = Array(plan.outputs[0].values)
        if let forgotten { logits.remove(at: forgotten) }
        return Self.doubt(logits, temperature: model.temperature)
    }

    private static func doubt(_ logits: [Float], temperature: Double) -> Double {
        1 - (softmax(logits, temperature: temperature).max() ?? 0)
    }

    /// In double precision: at a temperature of 1000 probabilities differ in the fifth digit.
    private static func softmax(_ logits: [Float], temperature: Double) -> [Double] {
        let largest = Double(logits.max() ?? 0)
        let powers = logits.map { exp((Double($0) - largest) / temperature) }, sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
