"""resize.safetensors: Pillow's antialiased bilinear resize of an 8-bit picture, down, up and both at once."""

import numpy as np
from PIL import Image

from common import Golden, main

# Height and width of the picture; width and height of the results, as in their names.
SHAPES = {
    "usual": {"image": (110, 160), "sizes": [(224, 224), (33, 80), (64, 48)]},
    "other": {"image": (157, 93), "sizes": [(31, 200), (93, 157), (250, 41), (1, 1)]},
}


def draw(random, height, width):
    """Waves of three colours with noise on them, so that rounding matters everywhere."""
    y, x = np.mgrid[0:height, 0:width]
    phase = random.uniform(0, 6.28, size=3)
    waves = [np.sin(x / (4 + 5 * c) + phase[c]) * np.cos(y / (7 + 2 * c)) for c in range(3)]
    colours = 128 + 110 * np.stack(waves, axis=-1) + random.normal(0, 8, (height, width, 3))
    return np.clip(colours, 0, 255).astype(np.uint8)


def generate(options):
    shapes, golden = SHAPES[options.shapes], Golden("resize", options)
    image = golden.take("image", lambda: draw(golden.random, *shapes["image"]))
    for name in golden.names("bilinear_", [f"bilinear_{width}x{height}" for width, height in shapes["sizes"]]):
        width, height = map(int, name.removeprefix("bilinear_").split("x"))
        resized = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
        golden.put(name, np.asarray(resized))
    golden.metadata["note"] = (
        "uint8 HWC; antialiased bilinear as Pillow and torchvision Resize do it; "
        f"image is {image.shape[0]} high, {image.shape[1]} wide"
    )
    golden.write()


if __name__ == "__main__":
    main(__doc__, generate)
