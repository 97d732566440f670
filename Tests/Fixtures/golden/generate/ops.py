"""ops.safetensors: single operations of PyTorch, forward and backward. Of each case: in.* (the inputs), out, grad_out
(the gradient handed in) and grad.* (the gradients of the inputs)."""

import torch
from torch.nn import functional as F

from common import Golden, main

LAYOUT = "NCHW tensors; weights as in the framework (OIHW; transposed conv IOHW)"


def conv(i, o, k, s, p, h, w, n, d=1, g=1):
    return {"i": i, "o": o, "k": k, "s": s, "p": p, "d": d, "g": g, "h": h, "w": w, "n": n}


def transposed(i, o, k, s, p, h, w, n):
    return {"i": i, "o": o, "k": k, "s": s, "p": p, "h": h, "w": w, "n": n}


CONVOLUTIONS = {
    "usual": {
        "conv2d_3x3": conv(5, 7, 3, 1, 1, 9, 11, 2),
        "conv2d_stride2": conv(3, 8, 3, 2, 1, 13, 10, 2),
        "conv2d_1x1": conv(16, 12, 1, 1, 0, 7, 6, 3),
        "conv2d_depthwise_5x5_stride2": conv(12, 12, 5, 2, 2, 14, 9, 2, g=12),
        "conv2d_4x4_stride2_pad2": conv(3, 6, 4, 2, 2, 32, 32, 1),
        "conv2d_grouped_dilated": conv(8, 12, 3, 1, 2, 8, 8, 2, d=2, g=4),
        "conv2d_3x3_432": conv(36, 36, 3, 1, 1, 28, 28, 1),
        "conv_transpose2d_s2p1": transposed(6, 4, 4, 2, 1, 5, 5, 2),
        "conv_transpose2d_s2p2": transposed(6, 4, 4, 2, 2, 5, 5, 2),
        "conv_transpose2d_s1p0": transposed(10, 8, 4, 1, 0, 1, 1, 3),
    },
    "other": {
        "conv2d_3x3": conv(3, 10, 3, 1, 1, 6, 17, 3),
        "conv2d_stride2": conv(4, 5, 3, 2, 1, 12, 7, 1),
        "conv2d_1x1": conv(9, 20, 1, 1, 0, 5, 11, 2),
        "conv2d_depthwise_5x5_stride2": conv(7, 7, 5, 2, 2, 11, 16, 1, g=7),
        "conv2d_4x4_stride2_pad2": conv(1, 9, 4, 2, 2, 19, 30, 2),
        "conv2d_grouped_dilated": conv(6, 15, 3, 2, 3, 13, 10, 1, d=3, g=3),
        "conv2d_3x3_432": conv(50, 21, 3, 1, 1, 21, 35, 2),
        "conv_transpose2d_s2p1": transposed(3, 7, 4, 2, 1, 6, 4, 1),
        "conv_transpose2d_s2p2": transposed(5, 2, 4, 2, 2, 3, 8, 3),
        "conv_transpose2d_s1p0": transposed(7, 11, 5, 1, 0, 1, 1, 2),
    },
}

# Cases without attributes of their own: inputs' shapes, one list per set.
ACTIVATIONS = {
    "silu": F.silu, "relu": F.relu, "relu6": F.relu6, "leaky_relu_0.2": lambda x: F.leaky_relu(x, 0.2),
    "sigmoid": torch.sigmoid, "tanh": torch.tanh,
    "hardswish_official": F.hardswish, "hardsigmoid_official": F.hardsigmoid,
}
SHAPES = {
    "usual": {
        "batch": (4, 6, 5, 3), "frozen": (2, 6, 5, 3), "linear": (5, 9, 4), "activation": (3, 4, 5),
        "up2": (2, 3, 7, 5), "up8": (1, 1, 6, 7), "half": (1, 2, 7, 5), "half_size": [15, 22],
        "map": (2, 5, 8, 8), "grid": (6, 7), "small": (1, 2, 8, 9), "wide": (1, 1, 20, 19), "wide_kernel": 16,
        "max": (2, 3, 11, 8), "global": (2, 5, 4, 6), "cosine": (2, 6, 3, 4), "loss": (3, 4),
        "bits": [1, 0, 1, 0], "classes": 7, "target": [2, 0, 5],
    },
    "other": {
        "batch": (3, 9, 2, 7), "frozen": (5, 4, 3, 6), "linear": (3, 13, 6), "activation": (2, 37),
        "up2": (1, 4, 3, 9), "up8": (2, 1, 5, 4), "half": (2, 3, 9, 4), "half_size": [12, 7],
        "map": (3, 4, 5, 9), "grid": (3, 8), "small": (2, 3, 5, 7), "wide": (2, 2, 13, 15), "wide_kernel": 9,
        "max": (1, 5, 9, 14), "global": (3, 2, 7, 5), "cosine": (1, 9, 5, 2), "loss": (2, 11),
        "bits": [0, 0, 1, 0, 1, 1], "classes": 4, "target": [3, 1, 1, 0, 2],
    },
}



def run_conv(a, x, w, b):
    return F.conv2d(x, w, b, a["s"], a["p"], a["d"], a["g"])


def run_transposed(a, x, w, b):
    return F.conv_transpose2d(x, w, b, a["s"], a["p"])


def pool(a, x):
    return F.avg_pool2d(x, a["kernel"], a["stride"], a.get("padding", 0))


def batch_norm_eval(a, x, w, b, m, v):
    # The stored variance may be drawn as any number.
    return F.batch_norm(x, m, v.abs() + 0.5, w, b, training=False, eps=a["eps"])


def resample(a, x):
    return F.interpolate(
        x, size=a.get("size"), scale_factor=a.get("scale"), mode="bilinear", align_corners=a["align_corners"])


def operation(name):
    """The function of the attributes and inputs that a case's name stands for."""
    if name.startswith("conv_transpose2d"):
        return run_transposed
    if name.startswith("conv2d"):
        return run_conv
    if name.startswith("upsample_bilinear"):
        return resample
    if name.startswith("avg_pool2d"):
        return pool
    if name in ACTIVATIONS:
        return lambda a, x: ACTIVATIONS[name](x)
    return {
        "batch_norm_train": lambda a, x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=a["eps"]),
        "batch_norm_eval": batch_norm_eval,
        "linear": lambda a, x, w, b: F.linear(x, w, b),
        "grid_sample_bilinear_zeros": lambda a, x, grid: F.grid_sample(x, grid, align_corners=False),
        "max_pool2d_3_s2_p1": lambda a, x: F.max_pool2d(x, a["kernel"], a["stride"], a["padding"]),
        "global_avg_pool": lambda a, x: x.mean(dim=(2, 3)),
        "cosine_similarity_dim1": lambda a, a1, b: F.cosine_similarity(a1, b, dim=1),
        "mse_loss": lambda a, a1, b: F.mse_loss(a1, b),
        "l1_loss": lambda a, a1, b: F.l1_loss(a1, b),
        "bce_loss": lambda a, p: F.binary_cross_entropy(p, torch.tensor(a["target"], dtype=torch.float32)),
        "cross_entropy": lambda a, x: F.cross_entropy(x, torch.tensor(a["target"])),
    }[name]


def normal(*shape):
    return lambda: torch.randn(*shape)


def convolution_cases(table):
    """Attributes and drawers of the inputs of every convolution; weights of a size that keeps the results near 1."""
    cases = {}
    for name, a in table.items():
        turned = name.startswith("conv_transpose2d")
        shape = (a["i"], a["o"], a["k"], a["k"]) if turned else (a["o"], a["i"] // a["g"], a["k"], a["k"])
        cases[name] = (a, {
            "x": normal(a["n"], a["i"], a["h"], a["w"]),
            "w": lambda shape=shape: torch.randn(shape) / (shape[1] * shape[2] * shape[3]) ** 0.5,
            "b": normal(a["o"]),
        })
    return cases


def other_cases(s):
    def norm(shape, *vectors):
        return {"x": normal(*shape)} | {key: normal(shape[1]) for key in vectors}

    samples, features, outputs = s["linear"]
    pair = {"a": normal(*s["loss"]), "b": normal(*s["loss"])}
    pool3 = {"kernel": 3, "stride": 1, "padding": 1, "count_include_pad": True}
    half = {"size": s["half_size"], "align_corners": False}
    return {
        "batch_norm_train": ({"eps": 1e-5}, norm(s["batch"], "w", "b")),
        "batch_norm_eval": (
            {"eps": 1e-3, "note": "running variance is |v|+0.5"}, norm(s["frozen"], "w", "b", "m", "v")),
        "linear": ({}, {"x": normal(samples, features), "w": normal(outputs, features), "b": normal(outputs)}),
        **{name: ({}, {"x": lambda: 3 * torch.randn(s["activation"])}) for name in ACTIVATIONS},
        "upsample_bilinear_align_corners": ({"scale": 2, "align_corners": True}, {"x": normal(*s["up2"])}),
        "upsample_bilinear_align_corners_x8": ({"scale": 8, "align_corners": True}, {"x": normal(*s["up8"])}),
        "upsample_bilinear_half_pixel": (half, {"x": normal(*s["half"])}),
        # Some of the places lie outside of the map.
        "grid_sample_bilinear_zeros": ({"mode": "bilinear", "padding": "zeros", "align_corners": False}, {
            "x": normal(*s["map"]), "grid": lambda: 2.6 * torch.rand(s["map"][0], *s["grid"], 2) - 1.3}),
        "avg_pool2d_3_s1_p1": (pool3, {"x": normal(*s["small"])}),
        "avg_pool2d_16_s1": ({"kernel": s["wide_kernel"], "stride": 1}, {"x": normal(*s["wide"])}),
        "max_pool2d_3_s2_p1": ({"kernel": 3, "stride": 2, "padding": 1}, {"x": normal(*s["max"])}),
        "global_avg_pool": ({}, {"x": normal(*s["global"])}),
        "cosine_similarity_dim1": ({}, {"a": normal(*s["cosine"]), "b": normal(*s["cosine"])}),
        "mse_loss": ({}, pair),
        "l1_loss": ({}, pair),
        "bce_loss": ({"target": s["bits"]}, {"p": lambda: 0.02 + 0.96 * torch.rand(len(s["bits"]))}),
        "cross_entropy": ({"target": s["target"]}, {"x": normal(len(s["target"]), s["classes"])}),
    }


def generate(options):
    golden = Golden("ops", options)
    cases = convolution_cases(CONVOLUTIONS[options.shapes]) | other_cases(SHAPES[options.shapes])
    attributes = golden.option("attributes", {name: a for name, (a, _) in cases.items()})
    golden.metadata["layout"] = LAYOUT
    for name, (_, drawers) in cases.items():
        inputs = {key: golden.take(f"{name}/in.{key}", draw) for key, draw in drawers.items()}
        # The running statistics are constants.
        tracked = {key: x.clone().requires_grad_(key not in ("m", "v")) for key, x in inputs.items()}
        out = operation(name)(attributes[name], *tracked.values())
        golden.put(f"{name}/out", out)
        out.backward(golden.take(f"{name}/grad_out", lambda: torch.randn_like(out)))
        for key, x in tracked.items():
            if x.requires_grad:
                golden.put(f"{name}/grad.{key}", x.grad)
    golden.write()


if __name__ == "__main__":
    main(__doc__, generate)
