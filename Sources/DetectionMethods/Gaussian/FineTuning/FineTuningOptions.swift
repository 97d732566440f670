import DetectionCore

/// How the Gaussian detector's backbone is fine-tuned (Rippel et al., VISAPP 2022, arXiv 2108.04116).
package struct FineTuningOptions: Sendable, Equatable {
    package var learningRate: Float = 1e-4
    /// At most.
    package var epochs = 30
    /// Training ends when validation has not improved for so many epochs; 0 never ends it early.
    package var patience = 5
    /// Images per update.
    package var batchSize = 16
    /// Images whose maps are in memory at a time: gradients of a batch are added up over such parts, which changes
    /// nothing but the memory (batch norms are frozen).
    package var partSize = 4
    /// Scopes of the weights that are trained, as the levels are named (`features.4`); nil for the whole backbone.
    package var stages: [String]?

    /// What is done to the training images.
    package var augmentation: Set<PictureAugmentation> = []

    /// By how many standard errors the mean validation AUROC must gain before the pretrained network is given up: less is
    /// chance.
    package var standardErrors = 2.0

    package init() {}

    /// Everything that the outcome depends on, in a fixed order.
    var identity: String {
        "\(learningRate) \(epochs) \(patience) \(batchSize) \(partSize) \(stages ?? []) "
            + "\(augmentation.map(\.rawValue).sorted()) \(standardErrors)"
    }
}
