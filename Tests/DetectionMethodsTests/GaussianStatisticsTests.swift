import DetectionMethods
import Foundation
import TensorCore
import TestSupport
import Testing

/// Relative difference of double-precision statistics; the golden files ask for 1e-9.
func relativeDifference(_ got: Double, _ want: Double) -> Double {
    got == want ? 0 : abs(got - want) / max(abs(want), .leastNormalMagnitude)
}

/// The largest relative difference, measured against the largest entry where an entry itself is nearly zero.
func relativeDifference(_ got: [Double], _ want: [Double]) -> Double {
    guard got.count == want.count else { return .infinity }
    let scale = want.map(abs).max() ?? 1
    return zip(got, want).map { abs($0 - $1) / max(abs($1), 1e-3 * scale) }.max() ?? 0
}

@Suite struct GaussianStatisticsTests {
    /// The golden file's cases: every prefix that has a `.train` tensor.
    static let cases: [String] = {
        let names = (try? GoldenFile("gaussian").names) ?? []
        return names.filter { $0.hasSuffix(".train") }.map { String($0.dropLast(".train".count)) }
    }()

    @Test func the_golden_file_holds_more_samples_than_dimensions_and_fewer() throws {
        let file = try GoldenFile("gaussian")
        let shapes = try Self.cases.map { try file.shape("\($0).train") }
        #expect(shapes.contains { $0[0] > $0[1] } && shapes.contains { $0[0] < $0[1] })
    }

    @Test(arguments: cases) func mean_covariance_and_shrinkage_are_the_golden_ones(_ name: String) throws {
        let file = try GoldenFile("gaussian")
        let dimension = try file.shape("\(name).train")[1]
        let estimate = LedoitWolf(try file.doubles("\(name).train"), dimension: dimension)
        #expect(relativeDifference(estimate.mean, try file.doubles("\(name).mean")) < 1e-9)
        #expect(relativeDifference(estimate.covariance, try file.doubles("\(name).covariance")) < 1e-9)
        #expect(relativeDifference(estimate.shrinkage, try file.doubles("\(name).shrinkage")[0]) < 1e-9)
    }

    @Test(arguments: cases) func precision_by_cholesky_is_the_golden_one(_ name: String) throws {
        let file = try GoldenFile("gaussian")
        let dimension = try file.shape("\(name).train")[1]
        let estimate = LedoitWolf(try file.doubles("\(name).train"), dimension: dimension)
        let precision = try LinearAlgebra.inverse(positiveDefinite: estimate.covariance, dimension)
        #expect(relativeDifference(precision, try file.doubles("\(name).precision")) < 1e-9)
    }

    @Test func one_sample_shrinks_nothing_and_has_no_spread() {
        let estimate = LedoitWolf([3, -4, 5], dimension: 3)
        #expect(estimate.mean == [3, -4, 5])
        #expect(estimate.covariance == [Double](repeating: 0, count: 9))
        #expect(estimate.shrinkage == 0)
    }

    @Test func chi_square_thresholds_are_the_golden_ones() throws {
        let file = try GoldenFile("gaussian")
        let (name, probability) = try file.option("f64.chi2.threshold_p")
        let want = try file.doubles(name), degrees = try file.doubles("f64.chi2.k")
        try #require(want.count == degrees.count)
        for (dimensions, threshold) in zip(degrees, want) {
            let got = ChiSquare.distanceThreshold(probability: probability, dimensions: Int(dimensions))
            #expect(relativeDifference(got, threshold) < 1e-9, "\(dimensions) dimensions")
        }
    }

    /// SciPy's `chi2.ppf`, from the far lower tail to the far upper one, from one dimension to thousands.
    @Test(arguments: [
        (1.0, 1e-6, 1.5707963267957187e-12), (1, 0.5, 0.454936423119572), (1, 0.999999, 23.92812697687947),
        (2, 0.05, 0.10258658877510106), (7, 1e-6, 0.07852360099036994), (7, 0.9973, 21.84639107125362),
        (96, 0.05, 74.40053507942093), (320, 0.9973, 394.88285774841955), (1280, 0.5, 1279.3333950969454),
        (1280, 0.9973, 1425.264190456723), (4000, 1e-6, 3589.14331776168), (4000, 0.999999, 4439.64593965396),
    ])
    func chi_square_quantiles_hold_from_tail_to_tail(_ degrees: Double, _ probability: Double, _ want: Double) {
        #expect(relativeDifference(ChiSquare.quantile(probability, degrees: degrees), want) < 1e-9)
    }

    @Test func the_quantile_inverts_the_distribution_function() {
        for degrees in [1.0, 3, 24, 500] {
            for probability in [0.001, 0.3, 0.7, 0.999] {
                let x = ChiSquare.quantile(probability, degrees: degrees)
                #expect(abs(ChiSquare.cumulative(x, degrees: degrees) - probability) < 1e-12)
            }
        }
        #expect(ChiSquare.cumulative(0, degrees: 3) == 0)
        #expect(ChiSquare.cumulative(-1, degrees: 3) == 0)
    }
}
