import DetectionCore

/// The outcome of a fine-tuning.
package struct FineTuningSummary: ReportSection, Equatable {
    package static let key = "fine_tuning"

    package enum Choice: String, Codable, Sendable {
        /// The pretrained network: no epoch separated drawn defects better.
        case pretrained
        /// The tuned network with the pretrained features' Gaussians.
        case fixed
        /// The tuned network with Gaussians of its own features.
        case renewed
    }

    /// The pretrained network.
    package var before: ValidationOutcome
    /// The tuned network with the fixed Gaussians, and with new ones.
    package var withFixed, withRenewed: ValidationOutcome?
    package var chosen: Choice
    /// The result of a `FittingWork.Watch` for the pretrained network.
    package var watchedBefore: Double?

    package init(before: ValidationOutcome, chosen: Choice) { (self.before, self.chosen) = (before, chosen) }

    enum CodingKeys: String, CodingKey {
        case before, chosen
        case withFixed = "with_fixed_gaussians"
        case withRenewed = "with_renewed_gaussians"
        case watchedBefore = "watched_before"
    }

    package var after: ValidationOutcome {
        switch chosen {
        case .pretrained: before
        case .fixed: withFixed ?? before
        case .renewed: withRenewed ?? before
        }
    }
}
