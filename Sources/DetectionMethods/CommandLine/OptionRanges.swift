import ArgumentParser

/// Refuses an option whose number is outside its range; accepts a missing option.
package func requireRanges(_ options: [(name: String, value: Int?, range: ClosedRange<Int>)]) throws {
    for (name, value, range) in options {
        if let value, !range.contains(value) {
            throw ValidationError("\(name) must be from \(range.lowerBound) to \(range.upperBound), got \(value)")
        }
    }
}
