"""weights/: the weights of a tiny network in every container a user may bring, and files that must be refused. The
values are functions of the tensors' names, so there is nothing to draw."""

import collections
import os

import torch

from common import encode, formula, main

SHAPES = {
    "usual": {"channels": 4, "inputs": 3, "kernel": 3, "classes": 5, "batches": 7, "shared": (6, 8)},
    "other": {"channels": 7, "inputs": 2, "kernel": 5, "classes": 3, "batches": 300, "shared": (5, 11)},
}


def shapes_like(folder):
    """The shapes of an existing folder."""
    tensors = torch.load(folder / "state_dict_zip.pth", weights_only=True)
    channels, inputs, kernel, _ = tensors["conv1.weight"].shape
    transposed = torch.load(folder / "views.pth", weights_only=True)["b"]
    return {
        "channels": channels, "inputs": inputs, "kernel": kernel, "classes": len(tensors["fc.bias"]),
        "batches": int(tensors["bn1.num_batches_tracked"]), "shared": transposed.T.shape,
    }


class Command:
    """Unpickled by a reader that follows every global, it runs a command."""

    def __reduce__(self):
        return os.system, ("echo this must never run > evil_was_here",)


def values(name, *shape):
    u = formula(name, torch.Size(shape).numel())
    return torch.from_numpy((2 * (u - 0.5)).astype("float32")).reshape(shape)


def state_dict(s):
    channels, classes = s["channels"], s["classes"]
    shapes = {
        "conv1.weight": (channels, s["inputs"], s["kernel"], s["kernel"]),
        **{f"bn1.{name}": (channels,) for name in ("weight", "bias", "running_mean", "running_var")},
        "fc.weight": (classes, channels), "fc.bias": (classes,),
    }
    tensors = collections.OrderedDict((name, values(name, *shape)) for name, shape in shapes.items())
    tensors["bn1.num_batches_tracked"] = torch.tensor(s["batches"])
    return tensors


def views(rows, columns):
    """Three views of one storage: two rows, the transpose, every other column."""
    shared = values("shared", rows, columns)
    return collections.OrderedDict(a=shared[1:3], b=shared.T, c=shared[:, ::2])


def pth(folder, tensors, s):
    def save(value, name, **options):
        torch.save(value, folder / name, **options)

    save(tensors, "state_dict_zip.pth")
    save(tensors, "state_dict_stream.pth", _use_new_zipfile_serialization=False)
    save({
        "epoch": 3, "best_metric": 0.5,
        "state_dict": collections.OrderedDict((f"module.{name}", tensor) for name, tensor in tensors.items()),
    }, "checkpoint_dataparallel.pth")
    save(collections.OrderedDict(
        (name, torch.nn.Parameter(tensor) if tensor.is_floating_point() else tensor) for name, tensor in tensors.items()
    ), "parameters.pth")
    save(collections.OrderedDict(
        (name, tensor.half() if tensor.is_floating_point() else tensor) for name, tensor in tensors.items()
    ), "half.pth")
    save(views(*s["shared"]), "views.pth")
    malicious = {"conv1.weight": tensors["conv1.weight"], "x": Command()}
    save(malicious, "malicious.pth")
    save(malicious, "malicious_stream.pth", _use_new_zipfile_serialization=False)
    whole = (folder / "state_dict_zip.pth").read_bytes()
    (folder / "truncated.pth").write_bytes(whole[: len(whole) * 2 // 3])


def safetensors(folder, tensors):
    floats = {name: tensor for name, tensor in tensors.items() if tensor.is_floating_point()}
    whole = encode(floats, {"architecture": "tiny"})
    # The first tensor begins at byte 9 instead of 0: its range and its shape contradict each other.
    files = {
        "f32": whole,
        "f16": encode({name: tensor.half() for name, tensor in floats.items()}),
        "bf16": encode({name: tensor.bfloat16().view(torch.uint16) for name, tensor in floats.items()}),
        "truncated": whole[:-20],
        "overlapping": whole.replace(b'"data_offsets":[0,', b'"data_offsets":[9,', 1),
        # A header of 2^62 bytes.
        "huge_header": (1 << 62).to_bytes(8, "little") + whole[8:],
    }
    for name, data in files.items():
        (folder / f"{name}.safetensors").write_bytes(data)


def generate(options):
    s, folder = SHAPES[options.shapes], options.out / "weights"
    if options.like:
        s = shapes_like(options.like / "weights")
    folder.mkdir(parents=True, exist_ok=True)
    tensors = state_dict(s)
    pth(folder, tensors, s)
    safetensors(folder, tensors)
    print(f"{folder}: {len(list(folder.iterdir()))} files")


if __name__ == "__main__":
    main(__doc__, generate)
