import DetectionCore

/// Settings of fine-tuning the Gaussian detector's backbone (Rippel et al., VISAPP 2022, arXiv 2108.04116).
package struct FineTuningOptions: Sendable, Equatable {
    package var learningRate: Float = 1e-4
    /// The maximal number of epochs.
    package var epochs = 30
    /// Training ends after this many epochs without improvement in validation; 0 never ends it early.
    package var patience = 5
    /// Images per update.
    package var batchSize = 16
    /// Images whose maps are in memory at a time: gradients of a batch are summed over such parts, which changes only
    /// the memory (batch norms are frozen).
    package var partSize = 4
    /// Scopes of the weights that are trained, as the levels are named (`features.4`); nil for the whole backbone.
    package var stages: [String]?

    /// The augmentation of the training images.
    package var augmentation: Set<ImageAugmentation> = []

    /// The number of standard errors that the mean validation AUROC must gain to replace the pretrained network: less
    /// may be chance.
    package var standardErrors = 2.0

    package init() {}

    /// All settings that the result depends on, in a fixed order.
    var identity: String {
        "\(learningRate) \(epochs) \(patience) \(batchSize) \(partSize) \(stages ?? []) "
            + "\(augmentation.map(\.rawValue).sorted()) \(standardErrors)"
    }
}
