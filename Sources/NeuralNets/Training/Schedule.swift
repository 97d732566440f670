import Foundation

/// The factor on an epoch's learning rates.
package enum Schedule: Sendable, Equatable {
    case constant
    /// Times `factor` after every `period` epochs.
    case steps(period: Int, factor: Double)
    /// From 1 down to `floor` along half a cosine over `epochs` epochs (Loshchilov & Hutter, ICLR 2017, without
    /// restarts).
    case cosine(epochs: Int, floor: Double)

    /// - Parameter epoch: from 0.
    package func factor(epoch: Int) -> Float {
        switch self {
        case .constant: return 1
        case .steps(let period, let factor): return Float(pow(factor, Double(epoch / max(1, period))))
        case .cosine(let epochs, let floor):
            let progress = min(1, Double(epoch) / Double(max(1, epochs)))
            return Float(floor + (1 - floor) * (1 + cos(.pi * progress)) / 2)
        }
    }
}
