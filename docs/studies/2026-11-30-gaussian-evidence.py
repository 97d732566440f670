"""Which evidence, levels and grid find drawn defects best? One EfficientNet-Lite0, drawn defects on validation images.

    pip install numpy pillow scipy scikit-learn onnx onnxruntime
    inspectctl backbone import efficientnet_lite0.pth --output lite0.safetensors
    python 2026-11-30-gaussian-evidence.py DATASET lite0.safetensors

DATASET is in MVTec AD's layout (train/good, validation/good). No test image is read. Each row: AUROC, and the share of
defects called at false-alarm rates up to 5 %, of small, large and whole-image defects, and their means.
"""

import glob
import json
import math
import struct
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageFilter
from scipy.stats import rankdata
from sklearn.covariance import ledoit_wolf

STAGES = [(3, 1, 16, 1, 1), (3, 2, 24, 6, 2), (5, 2, 40, 6, 2), (3, 3, 80, 6, 2), (5, 3, 112, 6, 1), (5, 4, 192, 6, 2),
          (3, 1, 320, 6, 1)]
SIZE = 224
OPACITIES = [1.0, 0.6, 0.35]


def network(path):
    """EfficientNet-Lite0 with the outputs of its stages, from a safetensors file under the published names."""
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    def tensor(name):
        start, end = header[name]["data_offsets"]
        return np.frombuffer(data[8 + length + start:8 + length + end], np.float32).reshape(header[name]["shape"])
    nodes, initials, outputs = [], [], []
    for name, value in (("zero", 0), ("six", 6)):
        initials.append(numpy_helper.from_array(np.float32(value), name))
    def convolution(x, name, norm, kernel, stride, groups, size, active):
        weight, bias, mean, variance = (tensor(f"{norm}.{part}") for part in
                                        ("weight", "bias", "running_mean", "running_var"))
        scale = weight / np.sqrt(variance + 1e-3)
        initials.append(numpy_helper.from_array(tensor(f"{name}.weight") * scale[:, None, None, None], name + "W"))
        initials.append(numpy_helper.from_array(bias - mean * scale, name + "B"))
        out = math.ceil(size / stride)
        missing = max((out - 1) * stride + kernel - size, 0)
        before, after = missing // 2, missing - missing // 2
        nodes.append(helper.make_node("Conv", [x, name + "W", name + "B"], [name], kernel_shape=[kernel] * 2,
                                      strides=[stride] * 2, group=groups, pads=[before, before, after, after]))
        if active:
            nodes.append(helper.make_node("Clip", [name, "zero", "six"], [name + "r"]))
        return (name + "r" if active else name), out
    (x, size), channels, block = convolution("input", "_conv_stem", "_bn0", 3, 2, 1, SIZE, True), 32, 0
    for kernel, repeats, wanted, expansion, stride in STAGES:
        for repeat in range(repeats):
            scope, before, step = f"_blocks.{block}", (x, channels), stride if repeat == 0 else 1
            if expansion != 1:
                x, size = convolution(x, scope + "._expand_conv", scope + "._bn0", 1, 1, 1, size, True)
            wide = channels * expansion
            x, size = convolution(x, scope + "._depthwise_conv", scope + "._bn1", kernel, step, wide, size, True)
            x, size = convolution(x, scope + "._project_conv", scope + "._bn2", 1, 1, 1, size, False)
            if step == 1 and before[1] == wanted:
                nodes.append(helper.make_node("Add", [x, before[0]], [scope + "a"]))
                x = scope + "a"
            channels, block = wanted, block + 1
        outputs.append(x)
    graph = helper.make_graph(
        nodes, "lite0", [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs], initials)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return onnxruntime.InferenceSession(model.SerializeToString())


def features(session, image):
    pixels = Image.fromarray(np.clip(image, 0, 255).round().astype(np.uint8)).resize((SIZE, SIZE), Image.BILINEAR)
    x = np.broadcast_to((np.asarray(pixels, np.float32) - 127) / 128, (1, 3, SIZE, SIZE)).copy()
    return [out[0].transpose(1, 2, 0).astype(np.float16) for out in session.run(None, {"input": x})[1:]]


# Drawn defects


def mesh(a):
    return np.mgrid[0:a.shape[0], 0:a.shape[1]].astype(np.float32)


def turned_box(a, random, width, height, angle=0.0):
    yy, xx = mesh(a)
    x, y = random.uniform(0, a.shape[1]), random.uniform(0, a.shape[0])
    across = np.abs(np.cos(angle) * (xx - x) + np.sin(angle) * (yy - y))
    along = np.abs(-np.sin(angle) * (xx - x) + np.cos(angle) * (yy - y))
    return np.clip(width / 2 + 0.5 - across, 0, 1) * np.clip(height / 2 + 0.5 - along, 0, 1)


def blotch(a, random, smallest, largest):
    side, (yy, xx) = min(a.shape), mesh(a)
    noise = random.standard_normal((int(random.integers(4, 10)), int(random.integers(4, 10)))).astype(np.float32)
    noise = np.asarray(Image.fromarray(noise).resize(a.shape[::-1], Image.BICUBIC))
    square = (xx - random.uniform(0.1, 0.9) * a.shape[1]) ** 2 + (yy - random.uniform(0.1, 0.9) * a.shape[0]) ** 2
    radius = random.uniform(smallest, largest) * side
    return np.where(square > (2 * radius) ** 2, 0, np.clip(4 * (noise * 0.5 + 0.8 * (1 - square / radius**2)), 0, 1))


def small(a, donor, random):
    side, kind = min(a.shape), random.integers(5)
    share = lambda low, high: math.sqrt(a.size * math.exp(random.uniform(math.log(low), math.log(high))))
    moved = np.roll(a, (int(random.uniform(0, a.shape[0])), int(random.uniform(0, a.shape[1]))), (0, 1))
    if kind == 0:
        return turned_box(a, random, share(0.001, 0.02), share(0.001, 0.02)), np.full_like(a, random.uniform(0, 255))
    if kind == 1:
        return turned_box(a, random, share(0.003, 0.05), share(0.003, 0.05)), moved * random.uniform(0.8, 1.25)
    if kind == 2:
        scar = turned_box(a, random, max(2, random.uniform(0.008, 0.04) * side), random.uniform(0.05, 0.25) * side,
                          random.uniform(-math.pi / 4, math.pi / 4))
        return scar, moved * random.uniform(0.8, 1.25)
    if kind == 3:
        return turned_box(a, random, share(0.003, 0.05), share(0.003, 0.05)), donor
    content = np.rot90(donor, 2) if random.uniform() < 0.5 else np.full_like(a, a.mean() * random.uniform(0.3, 1.7))
    return blotch(a, random, 0.05, 0.15), content


def large(a, donor, random):
    kind, cover = random.integers(4), blotch(a, random, 0.2, 0.5)
    if kind == 0:
        return cover, np.rot90(donor, 2)
    if kind == 1:
        return cover, a * 0.3 + 0.7 * a.mean() * random.uniform(0.5, 1.5)
    if kind == 2:
        return cover, a + random.standard_normal(a.shape) * random.uniform(10, 35)
    return turned_box(a, random, random.uniform(0.25, 0.6) * a.shape[1], random.uniform(0.25, 0.6) * a.shape[0]), donor


def whole(a, donor, random):
    kind, (yy, xx) = random.integers(4), mesh(a)
    if kind == 0:
        angle = random.uniform(0, 2 * math.pi)
        light = (math.cos(angle) * (xx / a.shape[1] - 0.5) + math.sin(angle) * (yy / a.shape[0] - 0.5)) * 2
        return np.ones_like(a), a * (1 + 0.45 * light)
    if kind == 1:
        blurred = Image.fromarray(a.round().astype(np.uint8)).filter(ImageFilter.GaussianBlur(3 * min(a.shape) / 224))
        return np.ones_like(a), np.asarray(blurred, np.float32)
    if kind == 2:
        return np.ones_like(a), a.mean() + (a - a.mean()) * (1 + random.choice([-1, 1]) * 0.6)
    return np.ones_like(a), a + random.standard_normal(a.shape) * 18


# Scores


def pooled(levels, sets, fitted):
    total = 0
    for level in levels:
        x = np.concatenate([s[level].astype(np.float32).mean((1, 2)) for s in sets]).astype(np.float64)
        covariance, _ = ledoit_wolf(x[:fitted])
        inverse = np.linalg.inv(np.linalg.cholesky(covariance))
        total = total + np.linalg.norm((x - x[:fitted].mean(0)) @ inverse.T, axis=1)
    return total


def local(levels, grid, channels, sets, fitted, seed=0):
    """Largest distance, one Gaussian per position of the concatenated levels."""
    maps = [np.concatenate([s[level] for s in sets]).astype(np.float32) for level in levels]
    chosen = np.random.default_rng(seed).permutation(sum(m.shape[3] for m in maps))[:channels]
    parts, before = [], 0
    for m in maps:
        own = np.sort(chosen[(chosen >= before) & (chosen < before + m.shape[3])] - before)
        before, m, n = before + m.shape[3], m[..., own], m.shape[1]
        if n > grid:
            m = m.reshape(len(m), grid, n // grid, grid, n // grid, -1).mean((2, 4))
        elif n < grid:
            at = np.clip((np.arange(grid) + 0.5) * n / grid - 0.5, 0, n - 1)
            low, high, weight = at.astype(int), np.minimum(at.astype(int) + 1, n - 1), (at % 1).astype(np.float32)
            m = m[:, low] * (1 - weight)[:, None, None] + m[:, high] * weight[:, None, None]
            m = m[:, :, low] * (1 - weight)[:, None] + m[:, :, high] * weight[:, None]
        parts.append(m)
    x = np.concatenate(parts, -1)
    largest = np.zeros(len(x))
    for row in range(grid):
        for column in range(grid):
            v = x[:, row, column] - x[:fitted, row, column].mean(0)
            covariance = v[:fitted].T @ v[:fitted] / (fitted - 1) + 0.01 * np.eye(v.shape[1])
            inverse = np.linalg.inv(np.linalg.cholesky(covariance)).astype(np.float32)
            largest = np.maximum(largest, np.linalg.norm(v @ inverse.T, axis=1))
    return largest


def standardized(score, normal):
    logarithm = np.log(np.maximum(score, 1e-9))
    return (logarithm - logarithm[normal].mean()) / logarithm[normal].std()


def report(name, score, normal, kinds):
    flawless, cells = score[normal], []
    thresholds = np.sort(flawless)[::-1][: max(1, len(flawless) // 20 + 1)]
    for kind in kinds:
        ranks = rankdata(np.r_[flawless, score[kind]])[len(flawless):]
        count = kind.stop - kind.start
        auroc = (ranks.sum() - count * (count + 1) / 2) / len(flawless) / count
        cells.append((auroc, np.mean([(score[kind] > t).mean() for t in thresholds])))
    cells.append(tuple(np.mean(cells, 0)))
    print(f"{name:42s} " + " | ".join("%.4f %.3f" % cell for cell in cells), flush=True)


def main(dataset, weights):
    session = network(weights)
    read = lambda path: np.asarray(Image.open(path).convert("L"), np.float32)
    train, validation = (sorted(glob.glob(f"{dataset}/{part}/good/*")) for part in ("train", "validation"))
    images = [features(session, read(path)) for path in train + validation]
    for number, (draw, each) in enumerate(((small, 4), (large, 3), (whole, 3))):
        for index, path in enumerate(validation):
            a = read(path)
            for repeat in range(each):
                random = np.random.default_rng([number, index, repeat])
                donor = Image.open(validation[(index + repeat + 37) % len(validation)]).convert("L")
                cover, content = draw(a, np.asarray(donor.resize(a.shape[::-1]), np.float32), random)
                images.append(features(session, a + cover * random.choice(OPACITIES) * (content - a)))
    sets = [{level + 2: np.stack([image[level] for image in images]) for level in range(6)}]
    fitted, start = len(train), len(train) + len(validation)
    normal = slice(fitted, start)
    ends = np.cumsum([start, 4 * len(validation), 3 * len(validation), 3 * len(validation)])
    kinds = [slice(ends[i], ends[i + 1]) for i in range(3)]
    print(f"{'':42s} small        | large        | whole        | mean")
    whole_image = {}
    for levels in ([2, 3], [2, 3, 4, 5], [3, 4, 5, 6, 7], [2, 3, 4, 5, 6, 7], [5, 6, 7]):
        whole_image[str(levels)] = pooled(levels, sets, fitted)
        report(f"pooled {levels}", whole_image[str(levels)], normal, kinds)
    for levels, grid, channels in (([3, 5], 28, 100), ([2, 3, 4, 5], 28, 120), ([3, 4, 5], 28, 150),
                                   ([3, 4, 5], 28, 232), ([3, 4, 5, 6], 28, 200), ([4, 5], 14, 192),
                                   ([3, 4, 5], 14, 232), ([2, 3, 4, 5], 14, 256), ([5, 6, 7], 14, 200)):
        spot = local(levels, grid, channels, sets, fitted)
        report(f"local {levels}, {grid}×{grid}, {channels} channels", spot, normal, kinds)
        for pooled_levels in ("[2, 3, 4, 5]", "[3, 4, 5, 6, 7]"):
            p, l = standardized(whole_image[pooled_levels], normal), standardized(spot, normal)
            report(f"  + pooled {pooled_levels}, sum", p + l, normal, kinds)
            report(f"  + pooled {pooled_levels}, soft maximum", np.logaddexp(p, l), normal, kinds)


if __name__ == "__main__":
    main(*sys.argv[1:])
