"""Stage outputs of torchvision's networks with weights that are a function of their names:
efficientnet_b0_features, efficientnet_b4_features, resnet18_features, wide_resnet50_2_features."""

import math

import torch
import torchvision

from common import Golden, formula, main, state

# Pictures, height and width.
SIZES = {
    "usual": {"efficientnet": (1, 96, 96), "resnet": (1, 64, 64)},
    "other": {"efficientnet": (2, 75, 118), "resnet": (1, 83, 50)},
}


def values(name, shape):
    """A parameter or buffer of the golden README's formula."""
    u = formula(name, math.prod(shape))
    if name.endswith("running_var"):
        u = 0.5 + u
    elif name.endswith(("running_mean", "bias")):
        u = (u - 0.5) * 0.2
    elif len(shape) == 1:
        u = 0.75 + 0.5 * u
    else:
        u = (u - 0.5) * 2 * math.sqrt(3 / (len(u) / shape[0]))
    return torch.from_numpy(u.astype("float32").reshape(shape))


def fill(module, prefix=""):
    """The formula's weights in evaluation mode; the names are those of the whole network's state."""
    for name, tensor in state(module).items():
        tensor.data.copy_(values(prefix + name, tuple(tensor.shape)))
    return module.eval()


def picture(count, height, width):
    """Plane waves on noise, about as large as a normalised photograph."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    waves = torch.stack([torch.sin(x / (3 + c) + y / (7 - c)) for c in range(3)])
    return waves + 0.5 * torch.randn(count, 3, height, width)


@torch.no_grad()
def outputs(x, stages):
    """The outputs of modules that follow each other, as far as they are asked for: `(key or None, module)`."""
    found = {}
    for key, module in stages:
        x = module(x)
        if key:
            found[key] = x
    return found


def efficientnet(options, name):
    golden = Golden(f"{name}_features", options)
    network = fill(torchvision.models.get_model(name, weights=None).features[:6], "features.")
    x = golden.take("input", lambda: picture(*SIZES[options.shapes]["efficientnet"]))
    stages = [(f"stage{index}" if index in (2, 3, 5) else None, part) for index, part in enumerate(network)]
    for key, value in outputs(x, stages).items():
        golden.put(key, value)
    golden.metadata["stages"] = "output of features[i]"
    golden.metadata["weights"] = "deterministic: see README, names as in the torchvision state dict (features.*)"
    golden.write()


def resnet(options, name):
    golden = Golden(f"{name}_features", options)
    network = fill(torchvision.models.get_model(name, weights=None))
    x = golden.take("input", lambda: picture(*SIZES[options.shapes]["resnet"]))
    order = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3")
    stages = [(part if part.startswith("layer") else None, getattr(network, part)) for part in order]
    for key, value in outputs(x, stages).items():
        golden.put(key, value)
    golden.metadata["weights"] = "deterministic: see README, torchvision names"
    golden.write()


def generate(options):
    efficientnet(options, "efficientnet_b0")
    efficientnet(options, "efficientnet_b4")
    resnet(options, "resnet18")
    resnet(options, "wide_resnet50_2")


if __name__ == "__main__":
    main(__doc__, generate)
