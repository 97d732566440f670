"""Every golden file at once."""

import efficientnet_lite
import features
import gaussian
import ganomaly
import grad
import gradcon
import metrics
import odin
import ops
import optimizers
import pictures
import resize
import weights
from common import main

SCRIPTS = [
    ops, optimizers, features, efficientnet_lite, grad, gaussian, ganomaly, gradcon, odin, metrics, resize, weights,
    pictures,
]

if __name__ == "__main__":
    main(__doc__, *(script.generate for script in SCRIPTS))
