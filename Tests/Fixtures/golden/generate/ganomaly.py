"""ganomaly.safetensors: GANomaly (Akcay et al., ACCV 2018): evaluation, then two training steps."""

import torch
from torch import nn
from torch.nn import functional as F

from common import Golden, main

SHAPES = {
    "usual": {"count": 8, "steps": 2, "config": {"isize": 32, "nz": 12, "nc": 3, "ngf": 8, "extralayers": 0}},
    "other": {"count": 5, "steps": 3, "config": {"isize": 64, "nz": 9, "nc": 1, "ngf": 6, "extralayers": 1}},
}


def encoder_layers(c, outputs):
    """Names and layers of a DCGAN encoder; the last convolution covers the 4×4 that is left."""
    width = c["ngf"]
    yield f"initial-conv-{c['nc']}-{width}", nn.Conv2d(c["nc"], width, 4, 2, 1, bias=False)
    yield f"initial-relu-{width}", nn.LeakyReLU(0.2)
    for layer in range(c["extralayers"]):
        yield f"extra-layers-{layer}-{width}-conv", nn.Conv2d(width, width, 3, 1, 1, bias=False)
        yield f"extra-layers-{layer}-{width}-batchnorm", nn.BatchNorm2d(width)
        yield f"extra-layers-{layer}-{width}-relu", nn.LeakyReLU(0.2)
    side = c["isize"] // 2
    while side > 4:
        yield f"pyramid-{width}-{2 * width}-conv", nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False)
        yield f"pyramid-{2 * width}-batchnorm", nn.BatchNorm2d(2 * width)
        yield f"pyramid-{2 * width}-relu", nn.LeakyReLU(0.2)
        side, width = side // 2, 2 * width
    yield f"final-{width}-1-conv", nn.Conv2d(width, outputs, 4, 1, 0, bias=False)


def decoder_layers(c):
    width = c["ngf"] * c["isize"] // 8
    yield f"initial-{c['nz']}-{width}-convt", nn.ConvTranspose2d(c["nz"], width, 4, 1, 0, bias=False)
    yield f"initial-{width}-batchnorm", nn.BatchNorm2d(width)
    yield f"initial-{width}-relu", nn.ReLU()
    while width > c["ngf"]:
        half = width // 2
        yield f"pyramid-{width}-{half}-convt", nn.ConvTranspose2d(width, half, 4, 2, 1, bias=False)
        yield f"pyramid-{half}-batchnorm", nn.BatchNorm2d(half)
        yield f"pyramid-{half}-relu", nn.ReLU()
        width = half
    for layer in range(c["extralayers"]):
        yield f"extra-layers-{layer}-{width}-conv", nn.Conv2d(width, width, 3, 1, 1, bias=False)
        yield f"extra-layers-{layer}-{width}-batchnorm", nn.BatchNorm2d(width)
        yield f"extra-layers-{layer}-{width}-relu", nn.ReLU()
    yield f"final-{width}-{c['nc']}-convt", nn.ConvTranspose2d(width, c["nc"], 4, 2, 1, bias=False)
    yield f"final-{c['nc']}-tanh", nn.Tanh()


class Named(nn.Module):
    """Layers by their published names, one after the other, under `main`."""

    def __init__(self, layers):
        super().__init__()
        self.main = nn.Sequential()
        for name, layer in layers:
            self.main.add_module(name, layer)

    def forward(self, x):
        return self.main(x)


class Generator(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.encoder1 = Named(encoder_layers(c, c["nz"]))
        self.decoder = Named(decoder_layers(c))
        self.encoder2 = Named(encoder_layers(c, c["nz"]))

    def forward(self, x):
        code = self.encoder1(x)
        picture = self.decoder(code)
        return picture, code, self.encoder2(picture)


class Discriminator(nn.Module):
    """An encoder with numbered layers: what comes before its last convolution are the features."""

    def __init__(self, c):
        super().__init__()
        layers = [layer for _, layer in encoder_layers(c, 1)]
        self.features = nn.Sequential(*layers[:-1])
        self.classifier = nn.Sequential(layers[-1], nn.Sigmoid())

    def forward(self, x):
        features = self.features(x)
        return self.classifier(features).flatten(), features


def initialize(network):
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1, 0.02)


class Training:
    """Generator first; the discriminator is updated from the predictions that it made before."""

    def __init__(self, generator, discriminator):
        self.g, self.d = generator.train(), discriminator.train()
        self.g_optimizer, self.d_optimizer = (
            torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999)) for network in (self.g, self.d))

    def step(self, x):
        fake, code, fake_code = self.g(x)
        real_class, _ = self.d(x)
        fake_class, _ = self.d(fake.detach())

        self.g_optimizer.zero_grad()
        # The features anew, so that their gradient reaches the generator: the running statistics hear of both pictures
        # once more, the real one first.
        real_features, fake_features = self.d(x)[1], self.d(fake)[1]
        adversarial = F.mse_loss(fake_features, real_features)
        contextual, encoder = F.l1_loss(fake, x), F.mse_loss(fake_code, code)
        generator = adversarial + 50 * contextual + encoder
        generator.backward()
        self.g_optimizer.step()

        self.d_optimizer.zero_grad()
        discriminator = 0.5 * (
            F.binary_cross_entropy(real_class, torch.ones_like(real_class))
            + F.binary_cross_entropy(fake_class, torch.zeros_like(fake_class)))
        discriminator.backward()
        self.d_optimizer.step()
        if discriminator.item() < 1e-5:
            raise SystemExit("the discriminator would be initialised anew: take another seed")
        return [loss.item() for loss in (discriminator, generator, adversarial, contextual, encoder)]


def generate(options):
    shapes, golden = SHAPES[options.shapes], Golden("ganomaly", options)
    config = golden.option("config", shapes["config"])
    generator, discriminator = Generator(config), Discriminator(config)
    for network, prefix in ((generator, "g."), (discriminator, "d.")):
        initialize(network)
        golden.take_state(prefix, network)
    side, channels = config["isize"], config["nc"]
    x = golden.take("input", lambda: torch.tanh(0.9 * torch.randn(shapes["count"], channels, side, side)))

    with torch.no_grad():
        fake, code, fake_code = generator.eval()(x)
        golden.put("eval.fake", fake)
        golden.put("eval.latent_i", code)
        golden.put("eval.latent_o", fake_code)
        golden.put("eval.score", ((code - fake_code) ** 2).mean(dim=1).flatten())
        prediction, features = discriminator.eval()(x)
        golden.put("eval.class", prediction)
        golden.put("eval.features", features)

    training, steps = Training(generator, discriminator), golden.shape("train.losses", [shapes["steps"]])[0]
    golden.put("train.losses", torch.tensor([training.step(x) for _ in range(steps)]))
    golden.put_state(f"train.after{steps}.g.", generator)
    golden.put_state(f"train.after{steps}.d.", discriminator)
    golden.metadata["losses"] = "columns: err_d, err_g, err_g_adv, err_g_con, err_g_enc"
    golden.metadata["optimizer"] = "Adam lr 2e-4 betas (0.5, 0.999); weights 1/50/1"
    golden.metadata["order"] = (
        "generator step first, then discriminator step on the predictions made before it, as the authors do")
    golden.write()


if __name__ == "__main__":
    main(__doc__, generate)
