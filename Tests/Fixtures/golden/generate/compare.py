"""Compares two folders of golden files: the largest deviation per tensor, |a−b| / max(1, |b|) (f64.*: relative to |b|),
and ‖a−b‖ / ‖b‖ of the tensor as a whole. Ends with 1 where a tolerance of the golden README is exceeded or a tensor is
missing."""

import argparse
import pathlib
import pickle
import sys

import numpy as np

from common import decode


def tolerance(file, name, want):
    """What the golden README allows."""
    if want.dtype.kind in "iu":
        return integer_tolerance(file, name)
    if "grad." in name or name.startswith(("input_gradient", "train.after")):
        return 1e-3
    if name.startswith("f64."):
        # A double-precision name over single-precision numbers.
        return 1e-9 if want.dtype.itemsize == 8 else 1e-6
    return 1e-4


def integer_tolerance(file, name):
    if file == "resize" and name.startswith("bilinear_"):
        return 1
    if file == "pictures/expected":
        return 0 if name.endswith(".png") else 4 if "cmyk" in name else 2
    return 0


def deviation(name, got, want):
    """The largest deviation of an element, and that of the whole."""
    if got.shape != want.shape or got.dtype.kind != want.dtype.kind:
        return float("inf"), float("inf")
    exact = got.dtype.kind in "iu"
    a, b = got.astype(np.float64), want.astype(np.float64)
    if not (np.isfinite(a) == np.isfinite(b)).all():
        return float("inf"), float("inf")
    # Statistics in double precision are measured by their size, entries near zero by the largest of their tensor.
    least = 1e-3 * np.abs(b).max(initial=0) if name.startswith("f64.") else 1
    scale = np.maximum(least, np.abs(b))
    each = np.abs(a - b) / (1 if exact else np.where(scale == 0, 1, scale))
    whole = np.linalg.norm(a - b) / max(np.linalg.norm(b), np.finfo(float).tiny)
    return each.max(initial=0), whole


def both(path, other):
    """Two decoded files, or None where one is damaged, as some of the weights are on purpose."""
    try:
        return decode(path.read_bytes()), decode(other.read_bytes())
    except ValueError:
        return None


def pth_tensors(path):
    """Tensors by name, or None for a file that must not be read: a global that is no tensor's, a cut archive."""
    import torch

    try:
        content = torch.load(path, weights_only=True)
    except (pickle.UnpicklingError, RuntimeError):
        return None
    return {name: tensor.detach().numpy() for name, tensor in content.get("state_dict", content).items()}


def compare(file, got, want, show_all):
    """Prints a file's tensors, all of them or the worst one of each kind; returns what is wrong."""
    wrong = [f"{file}: {name} is only in one of them" for name in sorted(set(got) ^ set(want))]
    kinds = {}
    for name in sorted(set(got) & set(want)):
        allowed = tolerance(file, name, want[name])
        each, whole = deviation(name, got[name], want[name])
        if not each <= allowed:
            wrong.append(f"{file}: {name} deviates by {each:.3g}, allowed {allowed:g}")
        kind = name if show_all else allowed
        if kind not in kinds or each > kinds[kind][1]:
            kinds[kind] = (name, each, whole, allowed)
    for name, each, whole, allowed in kinds.values():
        print(f"{file:34} {name:48} {each:10.3g} {whole:10.3g}  (allowed {allowed:g})")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("got", type=pathlib.Path)
    parser.add_argument("want", type=pathlib.Path)
    parser.add_argument("--all", action="store_true", help="every tensor, not only each file's worst per tolerance")
    options = parser.parse_args()
    wrong, same = [], []
    for path in sorted(options.got.rglob("*")):
        relative = path.relative_to(options.got)
        other = options.want / relative
        if path.is_dir():
            continue
        if not other.exists():
            wrong.append(f"{relative}: not in {options.want}")
        elif path.read_bytes() == other.read_bytes():
            same.append(str(relative))
        elif path.suffix == ".safetensors" and (files := both(path, other)):
            (got, about), (want, about_want) = files
            wrong += compare(str(relative.with_suffix("")), got, want, options.all)
            if about != about_want:
                print(f"{relative}: the metadata differ: {about} {about_want}")
        elif path.suffix == ".pth" and (got := pth_tensors(path)) and (want := pth_tensors(other)):
            wrong += compare(str(relative), got, want, options.all)
        else:
            print(f"{relative}: other bytes ({path.stat().st_size} and {other.stat().st_size})")
    print("the same bytes:", ", ".join(same) or "none")
    print("\n".join(wrong) or "all within the tolerances")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
