"""A plain PNG writer for what Pillow does not write: 2 and 4 bit grey, 16 bit colour, Adam7. No filters."""

import struct
import zlib

import numpy as np

# First column and row, and steps to the next, of the seven passes.
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width, height, depth, color, interlaced=False):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced)))


def rows(samples, depth):
    """Rows of samples as bytes, each behind the number of its filter: none."""
    packed = b""
    for row in samples.reshape(len(samples), -1):
        if depth == 16:
            data = row.astype(">u2").tobytes()
        else:
            bits = row.astype(np.uint8)[:, None] >> np.arange(depth - 1, -1, -1) & 1
            data = np.packbits(bits.ravel()).tobytes()
        packed += b"\0" + data
    return packed


def picture(width, height, data, depth, color, interlaced=False):
    """A whole file of already packed rows."""
    body = header(width, height, depth, color, interlaced) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def encode(samples, depth, interlaced=False):
    """Grey `[height, width]` or colour `[height, width, 3]`, samples below 2^depth."""
    height, width = samples.shape[:2]
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [samples]
    data = b"".join(rows(part, depth) for part in passes if part.size)
    return picture(width, height, data, depth, 2 if samples.ndim == 3 else 0, interlaced)
