/// A network's separation of drawn defects from flawless images.
package struct ValidationOutcome: Codable, Sendable, Equatable {
    /// AUROC by kind of drawn defect.
    package var byKind: [String: Double]
    /// Mean image score of the held-out flawless images.
    package var normalScore: Double
    /// The gain of `mean` over the untrained network, and its standard error; nil for the untrained network itself.
    package var gain, standardError: Double?

    package init(byKind: [String: Double], normalScore: Double) {
        (self.byKind, self.normalScore) = (byKind, normalScore)
    }

    package var mean: Double {
        // In a fixed order: a dictionary's changes from run to run, and with it a sum's last bit.
        let ordered = byKind.sorted { $0.key < $1.key }
        return ordered.reduce(0) { $0 + $1.value } / Double(max(1, byKind.count))
    }

    /// The gain less this many of its standard errors.
    package func surelyGained(_ standardErrors: Double) -> Double {
        (gain ?? 0) - standardErrors * (standardError ?? 0)
    }

    enum CodingKeys: String, CodingKey {
        case gain
        case byKind = "auroc"
        case normalScore = "normal_score"
        case standardError = "standard_error"
    }
}
