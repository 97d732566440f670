"""gaussian.safetensors: Ledoit–Wolf covariances (scikit-learn), Mahalanobis distances, chi-square
thresholds (SciPy)."""

import numpy as np
from scipy.stats import chi2
from sklearn.covariance import LedoitWolf

from common import Golden, main

# Samples and dimensions: more samples than dimensions, and fewer.
SHAPES = {
    "usual": {"n_gt_d": (200, 24), "n_lt_d": (30, 48), "test": 16, "chi2": [1, 2, 24, 48, 160, 448]},
    "other": {"n_gt_d": (90, 17), "n_lt_d": (11, 35), "test": 5, "chi2": [1, 3, 17, 35, 320]},
}
PROBABILITY = 0.9973


def correlated(random, samples, mixing, mean):
    return random.normal(size=(samples, len(mean))) @ mixing + mean


def generate(options):
    shapes, golden = SHAPES[options.shapes], Golden("gaussian", options)
    for case in ("n_gt_d", "n_lt_d"):
        samples, dimensions = shapes[case]
        mixing = golden.random.normal(size=(dimensions, dimensions)) / np.sqrt(dimensions)
        mean = golden.random.normal(size=dimensions)
        train, test = (
            golden.take(f"f64.{case}.{part}", lambda count=count: correlated(golden.random, count, mixing, mean))
            for part, count in (("train", samples), ("test", shapes["test"]))
        )
        estimate = LedoitWolf(assume_centered=False).fit(train)
        golden.put(f"f64.{case}.mean", estimate.location_)
        golden.put(f"f64.{case}.covariance", estimate.covariance_)
        golden.put(f"f64.{case}.shrinkage", estimate.shrinkage_)
        precision = estimate.get_precision()
        golden.put(f"f64.{case}.precision", precision)
        away = test - estimate.location_
        golden.put(f"f64.{case}.mahalanobis", np.sqrt(np.einsum("ij,jk,ik->i", away, precision, away)))
    dimensions = golden.take("f64.chi2.k", lambda: np.array(shapes["chi2"], dtype=float))
    golden.put(f"f64.chi2.threshold_p{PROBABILITY}", np.sqrt(chi2.ppf(PROBABILITY, dimensions)))
    golden.metadata["note"] = "Ledoit-Wolf as in scikit-learn (assume_centered false); distance sqrt((x-m)P(x-m)^T)"
    golden.write()


if __name__ == "__main__":
    main(__doc__, generate)
