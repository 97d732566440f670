import CKernels
import Foundation
import TensorCore

/// Parameters that share a learning rate and a weight decay.
package struct ParameterGroup: Sendable, Equatable {
    /// Indices into the arrays of `step`.
    package var indices: [Int]
    package var learningRate: Float
    package var weightDecay: Float

    package init(_ indices: some Sequence<Int>, learningRate: Float, weightDecay: Float = 0) {
        (self.indices, self.learningRate, self.weightDecay) = (Array(indices), learningRate, weightDecay)
    }
}

/// An optimiser's state between steps. A restored state continues bit for bit.
package struct OptimizerState: Sendable, Equatable {
    /// Steps done.
    package var steps: Int
    /// By the name of the moment (`first`, `second`, `velocity`), one tensor for each parameter.
    package var memory: [String: [Tensor]]
}

/// Changes parameters along their gradients.
package protocol Optimizer: Sendable {
    var groups: [ParameterGroup] { get set }
    var state: OptimizerState { get set }

    /// One step.
    ///
    /// - Parameters:
    ///   - parameters: changed in place; always the same ones in the same order.
    ///   - gradients: one for each parameter, of its shape.
    ///   - rateFactor: the factor of the groups' learning rates: a schedule's value.
    mutating func step(_ parameters: inout [Tensor], gradients: [Tensor], rateFactor: Float)
}

/// Adam (Kingma & Ba, ICLR 2015); with decoupled weight decay AdamW (Loshchilov & Hutter, ICLR 2019).
package struct Adam: Optimizer {
    package var groups: [ParameterGroup]
    package var state = OptimizerState(steps: 0, memory: ["first": [], "second": []])
    package let betas: (first: Float, second: Float)
    package let epsilon: Float
    /// Whether weight decay shrinks the parameters themselves (AdamW) instead of being added to their gradients.
    package let decouplesWeightDecay: Bool

    package init(
        _ groups: [ParameterGroup], betas: (first: Float, second: Float) = (0.9, 0.999), epsilon: Float = 1e-8,
        decouplesWeightDecay: Bool = false
    ) {
        (self.groups, self.betas, self.epsilon) = (groups, betas, epsilon)
        self.decouplesWeightDecay = decouplesWeightDecay
    }

    /// AdamW.
    package static func withDecoupledDecay(_ groups: [ParameterGroup]) -> Adam {
        Adam(groups, decouplesWeightDecay: true)
    }

    package mutating func step(_ parameters: inout [Tensor], gradients: [Tensor], rateFactor: Float = 1) {
        state.prepare(["first", "second"], for: parameters)
        state.steps += 1
        var first = state.memory.removeValue(forKey: "first") ?? []
        var second = state.memory.removeValue(forKey: "second") ?? []
        let steps = Float(state.steps)
        for group in groups {
            var kernel = ck_adam(
                learning_rate: group.learningRate * rateFactor, beta1: betas.first, beta2: betas.second,
                epsilon: epsilon, weight_decay: group.weightDecay, decoupled: decouplesWeightDecay ? 1 : 0,
                correction1: 1 - power(betas.first, steps), correction2: 1 - power(betas.second, steps))
            for index in group.indices {
                precondition(gradients[index].shape == parameters[index].shape, "gradient \(index)")
                ck_adam_step(
                    &kernel, gradients[index].values, &parameters[index].values, &first[index].values,
                    &second[index].values, gradients[index].values.count)
            }
        }
        state.memory["first"] = first
        state.memory["second"] = second
    }
}

/// Stochastic gradient descent with momentum, optionally Nesterov's (Sutskever et al., ICML 2013).
package struct SGD: Optimizer {
    package var groups: [ParameterGroup]
    package var state = OptimizerState(steps: 0, memory: ["velocity": []])
    package let momentum: Float
    package let isNesterov: Bool

    package init(_ groups: [ParameterGroup], momentum: Float = 0, isNesterov: Bool = false) {
        (self.groups, self.momentum, self.isNesterov) = (groups, momentum, isNesterov)
    }

    package mutating func step(_ parameters: inout [Tensor], gradients: [Tensor], rateFactor: Float = 1) {
        state.prepare(["velocity"], for: parameters)
        state.steps += 1
        var velocity = state.memory.removeValue(forKey: "velocity") ?? []
        for group in groups {
            var kernel = ck_sgd(
                learning_rate: group.learningRate * rateFactor, momentum: momentum, weight_decay: group.weightDecay,
                nesterov: isNesterov ? 1 : 0)
            for index in group.indices {
                precondition(gradients[index].shape == parameters[index].shape, "gradient \(index)")
                ck_sgd_step(
                    &kernel, gradients[index].values, &parameters[index].values, &velocity[index].values,
                    gradients[index].values.count)
            }
        }
        state.memory["velocity"] = velocity
    }
}

extension OptimizerState {
    /// Zeros for every parameter before the first step.
    fileprivate mutating func prepare(_ names: [String], for parameters: [Tensor]) {
        for name in names where memory[name, default: []].isEmpty {
            memory[name] = parameters.map { Tensor(zeros: $0.shape) }
        }
        precondition(names.allSatisfy { memory[$0]?.count == parameters.count }, "an optimiser of other parameters")
    }
}

/// `base` to a whole power, in double precision.
private func power(_ base: Float, _ exponent: Float) -> Float { Float(pow(Double(base), Double(exponent))) }
