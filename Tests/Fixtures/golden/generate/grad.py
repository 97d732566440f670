"""grad.safetensors and crad_small.safetensors: the grid-based continuous normal representation (Lee et al., ECCV 2024)
with residual blocks and with MobileNetV3 bottlenecks: evaluation, then three training steps without jitter."""

import torch
from torch import nn
from torch.nn import functional as F

from common import Golden, main

# Pictures, channels, height and width of the features; blocks of the fusion network; channels that a bottleneck expands
# to; resolutions of the local and the global grid.
SHAPES = {
    "usual": {
        "grad": {"input": (3, 10, 6, 6), "blocks": 2, "grids": (8, 4)},
        "crad_small": {"input": (3, 10, 6, 6), "blocks": 2, "expansion": 10, "grids": (8, 4)},
    },
    "other": {
        "grad": {"input": (2, 7, 5, 8), "blocks": 3, "grids": (6, 5), "steps": 2},
        "crad_small": {"input": (4, 9, 7, 4), "blocks": 1, "expansion": 22, "grids": (5, 3), "steps": 4},
    },
}


class BasicBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        h = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(h)) + x)


class SqueezeExcitation(nn.Module):
    def __init__(self, channels):
        super().__init__()
        squeezed = max(1, channels // 4)
        self.fc = nn.Sequential(
            nn.Linear(channels, squeezed, bias=False), nn.ReLU(), nn.Linear(squeezed, channels, bias=False),
            nn.Hardsigmoid(),
        )

    def forward(self, x):
        return x * self.fc(x.mean(dim=(2, 3)))[:, :, None, None]


class Bottleneck(nn.Module):
    """MobileNetV3 (Howard et al. 2019): expand, depthwise 3×3, squeeze-excitation, project; kernel 3, stride 1."""

    def __init__(self, channels, expansion):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(channels, expansion, 1, bias=False), nn.BatchNorm2d(expansion), nn.Hardswish(),
            nn.Conv2d(expansion, expansion, 3, padding=1, groups=expansion, bias=False), nn.BatchNorm2d(expansion),
            SqueezeExcitation(expansion), nn.Hardswish(),
            nn.Conv2d(expansion, channels, 1, bias=False), nn.BatchNorm2d(channels),
        )

    def forward(self, x):
        return x + self.conv(x)


class Representation(nn.Module):
    """Features in, the normal features they should have been out; names as in the authors' checkpoints."""

    def __init__(self, channels, height, width, blocks, expansion, grids):
        super().__init__()
        self.coord = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.Tanh(), nn.Conv2d(channels, 2, 1), nn.Tanh())
        self.coord_ = nn.Sequential(nn.Linear(channels, channels), nn.Tanh(), nn.Linear(channels, 2), nn.Tanh())
        local, whole = grids
        self.query = nn.ParameterList([
            torch.empty(1, channels, local, local), torch.empty(1, channels * height * width, whole, whole)])
        for grid in self.query:
            nn.init.xavier_normal_(grid)
        if expansion:
            self.layer = nn.Sequential(*(Bottleneck(2 * channels, expansion) for _ in range(blocks)))
        else:
            self.layer = nn.Sequential(nn.Sequential(*(BasicBlock(2 * channels) for _ in range(blocks))))
        self.recover = nn.Conv2d(2 * channels, channels, 1, bias=False)

    def forward(self, x):
        count = len(x)
        own = self.coord(x).permute(0, 2, 3, 1)
        whole = self.coord_(x.mean(dim=(2, 3))).reshape(count, 1, 1, 2)

        def sample(grid, places):
            return F.grid_sample(grid.expand(count, -1, -1, -1), places, align_corners=False)

        from_global = sample(self.query[1], whole).reshape(x.shape)
        return self.recover(self.layer(torch.cat([from_global, sample(self.query[0], own)], dim=1)))


def refine(x, normal, config):
    """x̂ = s·x + (1 − s)·f: far from normal features less of the input is kept. Halves round to even; rounding has no
    gradient."""
    distance = ((normal - x) ** 2).mean(dim=1, keepdim=True)
    kept = 1 - torch.round(torch.clamp(config["mse_coef"] * distance, 0, 1))
    angle = F.cosine_similarity(normal, x, dim=1)[:, None]
    share = config["mse_lambda"] * kept.detach() + config["cos_lambda"] * angle
    return share * x + (1 - share) * normal


def build(golden, shapes):
    """The network in the given file's shapes, or in the built-in ones."""
    _, channels, height, width = golden.shape("input", shapes["input"])
    blocks, expansion = shapes["blocks"], shapes.get("expansion")
    local, whole = shapes["grids"]
    if golden.given is not None:
        names = golden.names("weights.layer.", [])
        blocks = len({tuple(part for part in name.split(".")[2:4] if part.isdigit()) for name in names})
        expansion = golden.shape("weights.layer.0.conv.0.weight", None)[0] if expansion else None
        local, whole = (golden.shape(f"weights.query.{index}", None)[2] for index in (0, 1))
    network = Representation(channels, height, width, blocks, expansion, (local, whole))
    for name, tensor in network.state_dict().items():
        # Statistics and factors that are not those of a new network: an evaluation must use them.
        if name.endswith("running_mean"):
            tensor.copy_(0.3 * torch.randn_like(tensor))
        elif name.endswith("running_var"):
            tensor.copy_(0.5 + torch.rand_like(tensor))
        elif name.startswith("layer") and tensor.ndim == 1:
            tensor.add_(0.2 * torch.randn_like(tensor))
    fusion = f"{blocks} MobileBottleneck exp={expansion} k=3 SE hard-swish" if expansion else f"{blocks} BasicBlock"
    config = {
        "channels": channels, "feature_size": height if height == width else [height, width],
        "local_resolution": local, "global_resolution": whole, "fusion": fusion,
        "mse_lambda": 0.3, "cos_lambda": 0.7, "mse_coef": 0.05, "noise_std": "0 in the training steps",
        "optimizer": "AdamW lr 0.001, grids (query.*) lr 0.1, weight decay 0.01, clip_grad_norm 0.1",
    }
    return network, golden.option("config", config)


def train(golden, network, x, config, steps):
    named = list(network.named_parameters())
    optimizer = torch.optim.AdamW([
        {"params": [p for name, p in named if not name.startswith("query.")], "lr": 1e-3},
        {"params": [p for name, p in named if name.startswith("query.")], "lr": 0.1},
    ], weight_decay=0.01)
    network.train()
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(refine(x, network(x), config), x)
        loss.backward()
        if step == 0:
            golden.put_gradients("train.grad.", network)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.1)
        optimizer.step()
        losses.append(loss.item())
    golden.put("train.losses", torch.tensor(losses))
    golden.put_state(f"train.after{steps}.", network)


def one(options, name):
    shapes, golden = SHAPES[options.shapes][name], Golden(name, options)
    network, config = build(golden, shapes)
    golden.take_state("weights.", network)
    # Larger than the published features: the clamp of the refinement is reached.
    x = golden.take("input", lambda: 2 * torch.randn(*shapes["input"]))
    network.eval()
    with torch.no_grad():
        refined = refine(x, network(x), config)
        golden.put("eval.feature_rec", refined)
        distance = torch.linalg.vector_norm(refined - x, dim=1, keepdim=True)
        golden.put("eval.pred", F.interpolate(distance, scale_factor=8, mode="bilinear", align_corners=True))
    train(golden, network, x, config, golden.shape("train.losses", [shapes.get("steps", 3)])[0])
    golden.write()


def generate(options):
    one(options, "grad")
    one(options, "crad_small")


if __name__ == "__main__":
    main(__doc__, generate)
