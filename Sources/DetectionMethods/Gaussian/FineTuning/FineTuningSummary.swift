import DetectionCore

/// The outcome of a fine-tuning.
public struct FineTuningSummary: ReportSection, Equatable {
    public static let key = "fine_tuning"

    public enum Choice: String, Codable, Sendable {
        /// No epoch told drawn defects better than the pretrained network: it was kept.
        case pretrained
        /// The tuned network with the pretrained features' Gaussians.
        case fixed
        /// The tuned network with Gaussians of its own features.
        case renewed
    }

    /// The pretrained network.
    public var before: ValidationOutcome
    /// The tuned one with the fixed Gaussians, and with new ones.
    public var withFixed, withRenewed: ValidationOutcome?
    public var chosen: Choice
    /// The number that a `FittingWork.Watch` returned for the pretrained network.
    public var watchedBefore: Double?

    public init(before: ValidationOutcome, chosen: Choice) { (self.before, self.chosen) = (before, chosen) }

    enum CodingKeys: String, CodingKey {
        case before, chosen
        case withFixed = "with_fixed_gaussians"
        case withRenewed = "with_renewed_gaussians"
        case watchedBefore = "watched_before"
    }

    public var after: ValidationOutcome {
        switch chosen {
        case .pretrained: before
        case .fixed: withFixed ?? before
        case .renewed: withRenewed ?? before
        }
    }
}
