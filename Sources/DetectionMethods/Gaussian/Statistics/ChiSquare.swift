import Foundation

/// The chi-square distribution's quantile: the theoretical threshold of a squared Mahalanobis distance.
package enum ChiSquare {
    /// √ of the quantile: the bound of a Mahalanobis distance in `dimensions` dimensions with `probability`.
    ///
    /// Reported beside the calibrated threshold (Rippel et al. use 0.9973); valid only for normally distributed
    /// features.
    package static func distanceThreshold(probability: Double = 0.9973, dimensions: Int) -> Double {
        quantile(probability, degrees: Double(dimensions)).squareRoot()
    }

    /// The x with P(X ≤ x) = p, by bisection refined with Newton steps.
    package static func quantile(_ p: Double, degrees k: Double) -> Double {
        precondition(p > 0 && p < 1 && k > 0)
        var low = 0.0, high = max(1, k)
        while cumulative(high, degrees: k) < p { high *= 2 }
        var x = k
        for _ in 0..<200 {
            let value = cumulative(x, degrees: k) - p
            if value > 0 { high = x } else { low = x }
            let density = exp((k / 2 - 1) * log(x) - x / 2 - k / 2 * log(2) - lgamma(k / 2))
            var next = x - value / density
            if !(next > low && next < high) { next = (low + high) / 2 }
            if abs(next - x) <= 1e-15 * x { return next }
            x = next
        }
        return x
    }

    /// P(X ≤ x): the regularised lower incomplete gamma function of (k/2, x/2).
    package static func cumulative(_ x: Double, degrees k: Double) -> Double {
        guard x > 0 else { return 0 }
        let (a, z) = (k / 2, x / 2)
        let scale = exp(a * log(z) - z - lgamma(a))
        if z < a + 1 {
            // Series: z^a e^−z / Γ(a) · Σ zⁿ / (a (a+1) … (a+n))
            var term = 1 / a, sum = term, n = a
            while abs(term) > abs(sum) * 1e-17 {
                n += 1
                term *= z / n
                sum += term
            }
            return sum * scale
        }
        // Lentz's continued fraction for the upper tail.
        var b = z + 1 - a, c = 1e300, d = 1 / b, h = d
        for i in 1..<10_000 {
            let an = -Double(i) * (Double(i) - a)
            b += 2
            d = 1 / (an * d + b)
            c = b + an / c
            let delta = d * c
            h *= delta
            if abs(delta - 1) < 1e-16 { break }
        }
        return 1 - scale * h
    }
}
