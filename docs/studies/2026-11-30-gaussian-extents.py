"""Which extents, and which way of sharing evidence among cells, outline drawn defects best?

    pip install numpy pillow scipy scikit-learn onnx onnxruntime
    inspectctl backbone import efficientnet_lite0.pth --output lite0.safetensors
    python 2026-11-30-gaussian-extents.py DATASET lite0.safetensors

Small and large defects of 2026-11-30-gaussian-evidence.py on the validation images; no test image is read. Each row:
pixel AUROC and the best pixel F1 (56×56 pixels, flawless validation images included) for small and for large defects.
"""

import glob
import importlib.util
import os
import sys

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.stats import rankdata

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "2026-11-30-gaussian-evidence.py")
spec = importlib.util.spec_from_file_location("evidence", here)
evidence = importlib.util.module_from_spec(spec)
spec.loader.exec_module(evidence)

GRID = 14
YY, XX = np.mgrid[0:GRID, 0:GRID].reshape(2, -1)


def cells(images):
    """Levels 2…5 on the coarsest grid, [n, 14, 14, 256]."""
    parts = []
    for level in range(4):
        m = np.stack([image[level] for image in images]).astype(np.float32)
        n = m.shape[1] // GRID
        parts.append(m.reshape(len(m), GRID, n, GRID, n, -1).mean((2, 4)))
    return np.concatenate(parts, -1)


def windows(x):
    """Means over 4×4 cells, one window for every two cells."""
    padded = np.pad(x, ((0, 0), (1, 2), (1, 2), (0, 0)), mode="edge")
    return sum(padded[:, i : i + GRID : 2, j : j + GRID : 2] for i in range(4) for j in range(4)) / 16


def distances(x, fitted):
    out = np.empty(x.shape[:3], np.float32)
    for row in range(x.shape[1]):
        for column in range(x.shape[2]):
            v = (x[:, row, column] - x[:fitted, row, column].mean(0)).astype(np.float64)
            covariance = v[:fitted].T @ v[:fitted] / (fitted - 1) + 0.01 * np.eye(v.shape[1])
            out[:, row, column] = np.linalg.norm(np.linalg.solve(np.linalg.cholesky(covariance), v.T), axis=0)
    return out


def resized(maps, side):
    return np.stack([np.asarray(Image.fromarray(m).resize((side, side), Image.BILINEAR)) for m in maps])


def alike(maps, x, fitted, tau, reach, radius):
    """Means over cells that look alike: exp(−mean squared difference / tau − squared distance / (2 · reach²))."""
    deviation = np.sqrt(x[:fitted].var(0).mean((0, 1)))
    z = ((x - x[:fitted].mean(0)) / deviation).reshape(len(x), GRID * GRID, -1)
    dy, dx = YY[:, None] - YY, XX[:, None] - XX
    near = np.exp(-(dy**2 + dx**2) / (2 * reach**2)) * ((abs(dy) <= radius) & (abs(dx) <= radius))
    out = np.empty((len(x), GRID * GRID), np.float32)
    for index, own in enumerate(z):
        squares = (own**2).sum(1)
        difference = np.maximum(squares[:, None] + squares - 2 * own @ own.T, 0) / own.shape[1]
        weights = np.exp(-difference / tau) * near
        out[index] = weights @ maps[index].ravel() / weights.sum(1)
    return out.reshape(maps.shape)


def compared(maps, power):
    return maps / np.median(maps, (1, 2), keepdims=True) ** power


def sharpened(maps, power, radius):
    return maps * np.stack([m / maximum_filter(m, 2 * radius + 1) for m in maps]) ** power


def main(dataset, weights):
    session = evidence.network(weights)
    read = lambda path: np.asarray(Image.open(path).convert("L"), np.float32)
    train, validation = (sorted(glob.glob(f"{dataset}/{part}/good/*")) for part in ("train", "validation"))
    images, masks = [evidence.features(session, read(path)) for path in train + validation], []
    for number, (draw, each) in enumerate(((evidence.small, 4), (evidence.large, 3))):
        for index, path in enumerate(validation):
            a = read(path)
            for repeat in range(each):
                random = np.random.default_rng([number, index, repeat])
                donor = Image.open(validation[(index + repeat + 37) % len(validation)]).convert("L")
                cover, content = draw(a, np.asarray(donor.resize(a.shape[::-1]), np.float32), random)
                cover = cover * random.choice(evidence.OPACITIES)
                images.append(evidence.features(session, a + cover * (content - a)))
                masks.append(resized([(cover > 0.05).astype(np.float32)], 56)[0] > 0.5)
    fitted, start, middle = len(train), len(train) + len(validation), len(train) + 5 * len(validation)
    masks = np.stack(masks)

    def report(name, maps):
        line = f"{name:58s}"
        flawless = resized(maps[fitted:start], 56)
        for low, high in ((start, middle), (middle, len(maps))):
            values = np.r_[flawless.ravel(), resized(maps[low:high], 56).ravel()]
            truth = np.r_[np.zeros(flawless.size, bool), masks[low - start : high - start].ravel()]
            ranks, count = rankdata(values)[truth], truth.sum()
            auroc = (ranks.sum() - count * (count + 1) / 2) / count / (len(truth) - count)
            hits = np.cumsum(truth[np.argsort(-values)])
            line += "| %.3f %.3f " % (auroc, (2 * hits / (np.arange(1, len(values) + 1) + count)).max())
        print(line, flush=True)

    x = cells(images)
    w = windows(x)
    usual = lambda d: d / d[fitted:start].mean()
    cell, window, texture = usual(distances(x, fitted)), usual(distances(w, fitted)), usual(distances(w[..., :64], fitted))
    window, texture = resized(window, GRID), resized(texture, GRID)
    all_three = (cell + window + 2 * texture) / 4
    print(f"{'':58s}| small       | large")
    report("cells", cell)
    report("cells, smoothed with σ of a cell", np.stack([gaussian_filter(m, 1) for m in cell]))
    report("windows", window)
    report("texture", texture)
    report("all three", all_three)
    for tau in (0.5, 1, 2):
        shared = alike(all_three, x, fitted, tau, 3, 6)
        report(f"all three, shared among alike cells, τ {tau}", shared)
        for power in (0.3, 0.6, 1):
            report(f"  compared with its middle, power {power}", compared(shared, power))
    best = compared(alike(all_three, x, fitted, 1, 3, 6), 0.6)
    for power, radius in ((0.3, 1), (0.3, 2), (0.6, 2), (0.3, 4)):
        report(f"    and with the highest of {2 * radius + 1}×{2 * radius + 1} cells, power {power}", sharpened(best, power, radius))


main(*sys.argv[1:])
