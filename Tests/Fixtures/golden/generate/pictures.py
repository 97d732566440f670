"""pictures/: JPEG and PNG of every kind that is read, their pixels in expected.safetensors, and files to be refused."""

import io

import numpy as np
from PIL import Image, ImageOps

import png
from common import Golden, main

# Height and width.
SHAPES = {"usual": (40, 56), "other": (37, 51)}
ORIENTATION = 0x0112


def draw(random, height, width):
    """Red: a noisy ring; green: waves; blue: a ramp."""
    y, x = np.mgrid[0:height, 0:width]
    ring = 128 + 120 * np.sin(np.hypot(y - height / 2, x - width / 2) / 5) + random.normal(0, 6, (height, width))
    green = 128 + 100 * np.cos(y / 7) * np.cos(x / 11)
    blue = 255 * (x + y) / (height + width)
    return np.clip(np.stack([ring, green, blue], axis=-1), 0, 255).astype(np.uint8)


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def oriented(image, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return saved(image, "JPEG", quality=92, exif=exif)


def jpegs(rgb, grey):
    """Bytes by name."""
    return {
        "baseline_420.jpg": saved(rgb, "JPEG", quality=90),
        "baseline_444.jpg": saved(rgb, "JPEG", quality=90, subsampling=0),
        "progressive.jpg": saved(rgb, "JPEG", quality=85, progressive=True),
        "grey.jpg": saved(grey, "JPEG", quality=90),
        "restart_markers.jpg": saved(rgb, "JPEG", quality=85, restart_marker_blocks=4),
        "cmyk_adobe.jpg": saved(rgb.convert("CMYK"), "JPEG", quality=95),
        **{f"orientation_{value}.jpg": oriented(rgb, value) for value in range(1, 9)},
    }


def decoded(data):
    """The pixels as a viewer shows them."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    return np.asarray(image.convert("RGB") if image.mode == "CMYK" else image)


def pngs(rgb, grey, rgb16):
    """Bytes and pixels by name; pixels are what was written, not what a decoder makes of it."""
    samples, levels = np.asarray(rgb), np.asarray(grey)
    height, width = levels.shape
    ramp = np.linspace(0, 65535, height * width).astype(np.int32).reshape(height, width)
    black_and_white, palette = rgb.convert("1"), rgb.quantize(16)
    alpha = np.broadcast_to(np.arange(width) * 4 % 256, (height, width)).astype(np.uint8)
    over_black = np.rint(samples * (alpha[:, :, None] / 255))
    two, four = levels // 64, levels // 16
    return {
        "rgb8.png": (saved(rgb, "PNG"), samples),
        "grey8.png": (saved(grey, "PNG"), levels),
        "one_bit.png": (saved(black_and_white, "PNG"), np.asarray(black_and_white).astype(np.uint8) * 255),
        "grey2.png": (png.encode(two, 2), two * 85),
        "grey4.png": (png.encode(four, 4), four * 17),
        "palette.png": (saved(palette, "PNG"), np.asarray(palette.convert("RGB"))),
        "rgba8.png": (saved(Image.fromarray(np.dstack([samples, alpha])), "PNG"), over_black.astype(np.uint8)),
        "interlaced.png": (png.encode(levels, 8, interlaced=True), levels),
        "grey16.png": (saved(Image.fromarray(ramp.astype(np.uint16)), "PNG"), ramp),
        "rgb16.png": (png.encode(rgb16, 16), rgb16),
    }


def refused(files):
    """Bytes by name of what is no whole picture."""
    jpeg, whole = files["baseline_420.jpg"], files["rgb8.png"]
    # The last letter of the chunk's type and its first byte: the checksum no longer fits.
    bad = bytearray(whole)
    bad[40:42] = b"\xff\xff"
    return {
        "bad_crc.png": bytes(bad),
        "bomb_60000x60000.png": png.picture(60000, 60000, bytes(1000), 8, 2),
        "zero_width.png": png.picture(0, 10, bytes(10), 8, 2),
        "truncated.png": whole[: len(whole) // 2],
        "truncated.jpg": jpeg[: len(jpeg) // 2],
        "header_only.jpg": jpeg[:20],
        "empty.jpg": b"",
        "text.jpg": b"this is not a picture\n",
    }


def generate(options):
    golden = Golden("pictures/expected", options)
    height, width, _ = golden.shape("rgb8.png", [*SHAPES[options.shapes], 3])
    rgb = Image.fromarray(golden.take("rgb8.png", lambda: draw(golden.random, height, width)))
    grey = rgb.convert("L")
    # Sixteen bits that are no multiple of 257.
    wide = golden.take("rgb16.png", lambda: np.clip(
        np.asarray(rgb).astype(np.int32) * 257 + golden.random.integers(-55, 55, (height, width, 3)), 0, 65535
    ).astype(np.int32))
    files = jpegs(rgb, grey)
    for name, data in files.items():
        golden.put(name, decoded(data))
    for name, (data, pixels) in pngs(rgb, grey, wide).items():
        files[name] = data
        golden.put(name, pixels)
    files |= {f"refused/{name}": data for name, data in refused(files).items()}
    files["accepted/png_named.jpg"] = files["rgb8.png"]
    golden.write()
    for name, data in files.items():
        path = golden.path.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    print(f"{golden.path.parent}: {len(files)} pictures")


if __name__ == "__main__":
    main(__doc__, generate)
