"""gradcon.safetensors: GradCon (Kwon et al., ECCV 2020): training through a gradient, reference gradients and
scores."""

import torch
from torch import nn
from torch.nn import functional as F

from common import Golden, main

SHAPES = {
    "usual": {"input": (6, 3, 28, 28), "steps": 3},
    "other": {"input": (4, 1, 32, 48), "steps": 4},
}
# What the convolutions pad and the transposed ones take off: as published, for sides of 28, and such that every layer
# halves or doubles exactly, for sides that are multiples of 16.
PUBLISHED, HALVING = (2, (2, 1, 2, 1)), (1, (1, 1, 1, 1))


class Autoencoder(nn.Module):
    def __init__(self, channels, padding, taken):
        super().__init__()
        widths = [channels, 32, 32, 64, 64]
        down, up = [], []
        for a, b in zip(widths, widths[1:]):
            down += [nn.Conv2d(a, b, 4, 2, padding), nn.ReLU()]
        for a, b, off in zip(widths[:0:-1], widths[-2::-1], taken):
            up += [nn.ConvTranspose2d(a, b, 4, 2, off), nn.ReLU()]
        up[-1] = nn.Sigmoid()
        self.down, self.up = nn.Sequential(*down), nn.Sequential(*up)

    def forward(self, x):
        return self.up(self.down(x))

    def decoder(self):
        """The weights whose gradients are compared."""
        return [layer.weight for layer in self.up if isinstance(layer, nn.ConvTranspose2d)]


def alignment(gradients, references):
    """The mean over layers of the cosine between a gradient and its reference; 0 where there is no reference yet."""
    cosines = [F.cosine_similarity(a.flatten(), b.flatten(), dim=0) for a, b in zip(gradients, references)]
    return torch.stack(cosines).mean()


def train(golden, network, x, steps, weight):
    """Returns the running means of the gradients of the whole loss."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    references = [torch.zeros_like(weight) for weight in network.decoder()]
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        error = F.mse_loss(network(x), x)
        contrast = torch.zeros(())
        if step > 0:
            inner = torch.autograd.grad(error, network.decoder(), create_graph=True)
            contrast = -alignment(inner, references)
        loss = error + weight * contrast
        loss.backward()
        if step == 1:
            golden.put_gradients("train.step1.grad.", network)
        for reference, parameter in zip(references, network.decoder()):
            reference += (parameter.grad - reference) / (step + 1)
        optimizer.step()
        losses.append([loss.item(), error.item(), contrast.item()])
    golden.put("train.losses", torch.tensor(losses))
    golden.put_state(f"train.after{steps}.", network)
    return references


def score(network, picture, references, weight):
    """The authors' sign: higher is more normal."""
    error = F.mse_loss(network(picture), picture)
    return weight * alignment(torch.autograd.grad(error, network.decoder()), references) - error


def generate(options):
    shapes, golden = SHAPES[options.shapes], Golden("gradcon", options)
    config = golden.option("config", {
        "in_channel": shapes["input"][1], "grad_loss_weight_train": 0.03, "grad_loss_weight_score": 0.12,
        "reference": "mean over steps of the total-loss gradient of each decoder layer weight",
    })
    sides = golden.shape("input", shapes["input"])[2:]
    network = Autoencoder(config["in_channel"], *(HALVING if all(side % 16 == 0 for side in sides) else PUBLISHED))
    golden.take_state("weights.", network)
    x = golden.take("input", lambda: torch.rand(shapes["input"]))
    with torch.no_grad():
        golden.put("eval.recon", network(x))
    steps = golden.shape("train.losses", [shapes["steps"]])[0]
    references = train(golden, network, x, steps, config["grad_loss_weight_train"])
    for index, reference in enumerate(references):
        golden.put(f"train.ref_grad.{index}", reference)
    scores = [score(network, picture[None], references, config["grad_loss_weight_score"]) for picture in x]
    golden.put("eval.score", torch.stack(scores))
    golden.metadata["note"] = (
        "step 0 has no gradient loss; training gradients are taken through the gradient (double backpropagation)")
    golden.metadata["score"] = "higher is more normal"
    golden.write()


if __name__ == "__main__":
    main(__doc__, generate)
