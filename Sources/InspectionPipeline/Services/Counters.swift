import InspectionDomain
import Synchronization

/// Counts of the daemon's inspections since it started.
final class Counters: Sendable {
    struct Values: Sendable, Equatable {
        var normal = 0
        var anomalous = 0
        var error = 0
        var total: Int { normal + anomalous + error }
    }

    private let values = Mutex(Values())

    func count(_ verdict: Verdict) {
        values.withLock { values in
            switch verdict {
            case .normal: values.normal += 1
            case .anomalous: values.anomalous += 1
            case .error: values.error += 1
            }
        }
    }

    var current: Values { values.withLock { $0 } }
}
