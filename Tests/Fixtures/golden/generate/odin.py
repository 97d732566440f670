"""odin.safetensors: ODIN (Liang, Li, Srikant, ICLR 2018) on a DenseNet-BC (Huang et al., CVPR 2017)."""

import torch
from torch import nn
from torch.nn import functional as F

from common import Golden, main

SHAPES = {
    "usual": {
        "input": (4, 32, 32),
        "config": {
            "depth": 22, "growth_rate": 6, "reduction": 0.5, "classes": 10, "temperature": 1000, "magnitude": 0.0014,
            "mean": [125.3, 123.0, 113.9], "std": [63.0, 62.1, 66.7],
        },
    },
    "other": {
        "input": (3, 24, 40),
        "config": {
            "depth": 16, "growth_rate": 5, "reduction": 0.6, "classes": 4, "temperature": 500, "magnitude": 0.002,
            "mean": [120, 110.5, 100], "std": [60, 58.5, 70],
        },
    },
}


class Layer(nn.Module):
    """Reads everything before it and adds `growth` channels."""

    def __init__(self, channels, growth):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(channels), nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(4 * growth), nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        h = self.conv1(F.relu(self.bn1(x)))
        return torch.cat([x, self.conv2(F.relu(self.bn2(h)))], dim=1)


class Block(nn.Module):
    def __init__(self, channels, growth, layers):
        super().__init__()
        self.layer = nn.Sequential(*(Layer(channels + index * growth, growth) for index in range(layers)))

    def forward(self, x):
        return self.layer(x)


class Transition(nn.Module):
    def __init__(self, channels, kept):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(channels), nn.Conv2d(channels, kept, 1, bias=False)

    def forward(self, x):
        return F.avg_pool2d(self.conv1(F.relu(self.bn1(x))), 2)


class DenseNet(nn.Module):
    def __init__(self, c):
        super().__init__()
        growth, layers = c["growth_rate"], (c["depth"] - 4) // 6
        channels = 2 * growth
        self.conv1 = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        for index in (1, 2, 3):
            setattr(self, f"block{index}", Block(channels, growth, layers))
            channels += layers * growth
            if index < 3:
                kept = int(channels * c["reduction"])
                setattr(self, f"trans{index}", Transition(channels, kept))
                channels = kept
        self.bn1, self.fc = nn.BatchNorm2d(channels), nn.Linear(channels, c["classes"])

    def forward(self, x):
        x = self.trans1(self.block1(self.conv1(x)))
        x = self.block3(self.trans2(self.block2(x)))
        return self.fc(F.relu(self.bn1(x)).mean(dim=(2, 3)))


def initialize(network):
    """Statistics and factors as training leaves them, not those of a new network."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
            nn.init.normal_(module.running_mean, 0, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        elif isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)


def generate(options):
    shapes, golden = SHAPES[options.shapes], Golden("odin", options)
    config = golden.option("config", shapes["config"])
    network = DenseNet(config)
    initialize(network)
    golden.take_state("weights.", network)
    network.eval()
    mean, std = (torch.tensor(config[key]).reshape(1, 3, 1, 1) / 255 for key in ("mean", "std"))
    count, height, width = shapes["input"]
    x = golden.take("input", lambda: (torch.rand(count, 3, height, width) - mean) / std)

    temperature = config["temperature"]
    tracked = x.clone().requires_grad_()
    logits = network(tracked)
    # Summed: each picture's own gradient, however many are in the batch.
    F.cross_entropy(logits / temperature, logits.argmax(dim=1), reduction="sum").backward()
    perturbed = x - config["magnitude"] * torch.sign(tracked.grad) / std
    golden.put("logits", logits)
    golden.put("input_gradient", tracked.grad)
    golden.put("perturbed_input", perturbed)
    golden.put("score.baseline", F.softmax(logits, dim=1).max(dim=1).values)
    with torch.no_grad():
        golden.put("score.odin", F.softmax(network(perturbed) / temperature, dim=1).max(dim=1).values)
    golden.metadata["score"] = "higher is more in-distribution"
    golden.write()


if __name__ == "__main__":
    main(__doc__, generate)
