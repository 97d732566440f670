/// The decision of an inspection about one frame.
package enum Verdict: String, Codable, Sendable, CaseIterable {
    /// The image score is at most the threshold.
    case normal
    /// The image score is strictly above the threshold.
    case anomalous
    /// The frame could not be inspected; `Inspection.error` says why.
    case error
}
