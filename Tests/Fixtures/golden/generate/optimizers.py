"""optimizers.safetensors: steps of PyTorch's Adam, AdamW and SGD on given gradients, and clipping by norm. The names of
the results carry the options."""

import re

import torch

from common import Golden, main

SHAPES = {
    "usual": {
        "steps": 5, "parameters": 6, "clip": [(4,), (2, 3)], "limit": 0.1,
        "names": ["adam_lr0.01_b0.5", "adamw_lr0.1", "sgd_lr0.1_m0.9_wd1e-4_nesterov"],
    },
    "other": {
        "steps": 7, "parameters": 11, "clip": [(3, 1, 2), (9,)], "limit": 0.25,
        "names": ["adam_lr0.02_b0.7", "adamw_lr0.05", "adamw_lr0.1_wd0.3", "sgd_lr0.03_m0.8_wd1e-3_nesterov"],
    },
}


def optimizer(name, parameters):
    """`adam_lr0.01_b0.5`: the first beta; `adamw_lr0.1`: the framework's weight decay unless `wd` names another one;
    `sgd_lr0.1_m0.9_wd1e-4_nesterov`."""
    kind, *words = name.split("_")
    numbers = dict(re.fullmatch(r"([a-z]+?)([0-9][0-9.e-]*)", word).groups() for word in words if word != "nesterov")
    rate, decay = float(numbers["lr"]), float(numbers.get("wd", 0.01 if kind == "adamw" else 0))
    if kind == "sgd":
        momentum = float(numbers.get("m", 0))
        return torch.optim.SGD(parameters, rate, momentum, weight_decay=decay, nesterov="nesterov" in words)
    make = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind]
    return make(parameters, rate, (float(numbers.get("b", 0.9)), 0.999), weight_decay=decay)


def steps(name, start, gradients):
    """The parameter after each step."""
    parameter, after = torch.nn.Parameter(start.clone()), []
    updates = optimizer(name, [parameter])
    for gradient in gradients:
        parameter.grad = gradient.clone()
        updates.step()
        after.append(parameter.detach().clone())
    return torch.stack(after)


def generate(options):
    shapes, golden = SHAPES[options.shapes], Golden("optimizers", options)
    start = golden.take("p0", lambda: torch.randn(shapes["parameters"]))
    gradients = golden.take("grads", lambda: torch.randn(shapes["steps"], shapes["parameters"]))
    for name in golden.names(("adam", "sgd"), shapes["names"]):
        golden.put(name, steps(name, start, gradients))

    limit = golden.option("clip_max_norm", str(shapes["limit"]))
    parameters = []
    for index, shape in enumerate(shapes["clip"]):
        gradient = golden.take(f"clip.g{index}", lambda shape=shape: 2 * torch.randn(shape))
        parameters.append(torch.nn.Parameter(torch.zeros_like(gradient)))
        parameters[-1].grad = gradient.clone()
    golden.put("clip.norm", torch.nn.utils.clip_grad_norm_(parameters, float(limit)))
    for index, parameter in enumerate(parameters):
        golden.put(f"clip.out{index}", parameter.grad)
    golden.write()


if __name__ == "__main__":
    main(__doc__, generate)
