"""metrics.safetensors: AUROC, average precision, F1-max and FPR at 95 % TPR of scores with ties (scikit-learn), AUPRO
(Bergmann et al., IJCV 2021) and pixel AUROC of maps."""

import numpy as np
from scipy import ndimage
from sklearn import metrics

from common import Golden, main

SHAPES = {
    "usual": {"scores": 400, "anomalous": 0.2, "maps": (5, 24, 24), "tpr": 95, "limit": 0.3},
    "other": {"scores": 257, "anomalous": 0.4, "maps": (4, 17, 29), "tpr": 95, "limit": 0.3},
}


def best_f1(labels, scores):
    """The largest F1 over all thresholds "score ≥ threshold", and the highest threshold that reaches it."""
    precision, recall, thresholds = metrics.precision_recall_curve(labels, scores)
    precision, recall = precision[:-1], recall[:-1]
    f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
    best = np.flatnonzero(f1 == f1.max())[-1]
    return f1[best], thresholds[best]


def fpr_at(labels, scores, tpr):
    """The smallest false-positive rate among the thresholds that find at least `tpr` of the positives."""
    false, true, _ = metrics.roc_curve(labels, scores, drop_intermediate=False)
    return false[true >= tpr].min()


def aupro(maps, masks, limit):
    """Per-region overlap over false-positive rate: every distinct value a threshold, regions 8-connected, trapezoids up
    to `limit` (with a straight line to the limit itself), divided by it."""
    regions = []
    for picture, mask in enumerate(masks):
        labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
        regions += [np.sort(maps[picture][labels == region]) for region in range(1, count + 1)]
    normal = np.sort(maps[masks == 0])
    thresholds = np.unique(maps)[::-1]

    def share(values):
        return 1 - np.searchsorted(values, thresholds, side="left") / len(values)

    x = np.concatenate([[0], share(normal)])
    y = np.concatenate([[0], np.mean([share(region) for region in regions], axis=0)])
    inside = x <= limit
    y_limit = np.interp(limit, x, y)
    x, y = np.append(x[inside], limit), np.append(y[inside], y_limit)
    return np.trapezoid(y, x) / limit


def draw_masks(random, shape):
    """A few rectangles each, some of them touching at a corner only, and none in the last picture."""
    masks = np.zeros(shape, dtype=np.int64)
    for mask in masks[:-1]:
        for _ in range(3):
            height, width = random.integers(2, 6, size=2)
            top, left = random.integers(0, shape[1] - height - 1), random.integers(0, shape[2] - width - 1)
            mask[top : top + height, left : left + width] = 1
            mask[top + height, left + width] = 1
    return masks


def draw_maps(random, masks):
    """Larger inside of the regions on average; three decimals: ties."""
    return np.round(random.random(masks.shape) + 0.8 * masks * random.random(masks.shape), 3)


def generate(options):
    shapes, golden = SHAPES[options.shapes], Golden("metrics", options)
    random, limit, tpr = golden.random, shapes["limit"], shapes["tpr"]
    labels = golden.take("labels", lambda: (random.random(shapes["scores"]) < shapes["anomalous"]).astype(np.int64))
    # Two decimals: ties.
    scores = golden.take("f64.scores", lambda: np.round(random.normal(size=len(labels)) + 1.2 * labels, 2))
    golden.put("f64.auroc", metrics.roc_auc_score(labels, scores))
    golden.put("f64.average_precision", metrics.average_precision_score(labels, scores))
    golden.put(f"f64.fpr_at_tpr{tpr}", fpr_at(labels, scores, tpr / 100))
    best, threshold = best_f1(labels, scores)
    golden.put("f64.f1_max", best)
    golden.put("f64.f1_max_threshold", threshold)

    masks = golden.take("masks", lambda: draw_masks(random, shapes["maps"]))
    maps = golden.take("f64.maps", lambda: draw_maps(random, masks))
    golden.put(f"f64.aupro_fpr{limit}", aupro(maps, masks, limit))
    golden.put("f64.pixel_auroc", metrics.roc_auc_score(masks.ravel(), maps.ravel()))
    golden.option("config", {"tpr_percent": tpr, "aupro_limit": limit})
    golden.metadata["note"] = (
        "AUPRO: 8-connected regions, every distinct map value a threshold, "
        f"trapezoid up to FPR {limit}, divided by {limit}"
    )
    golden.write()


if __name__ == "__main__":
    main(__doc__, generate)
