import Foundation

extension Duration {
    /// As Foundation counts time.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    /// For timings.
    package var inMilliseconds: Double { inSeconds * 1000 }
}

extension ContinuousClock.Instant {
    /// For timings: of the stage that began at `start` and ended here.
    package func milliseconds(since start: ContinuousClock.Instant) -> Double { (self - start).inMilliseconds }
}

extension Date {
    /// As files and the ledger store it, so that a date read back is the same.
    package var toTheMillisecond: Date { Date(timeIntervalSince1970: millisecondsSince1970 / 1000) }

    /// A whole number.
    package var millisecondsSince1970: Double { (timeIntervalSince1970 * 1000).rounded() }
}
