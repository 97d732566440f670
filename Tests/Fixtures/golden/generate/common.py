"""What all generators share: safetensors, seeds, one thread, and the choice between drawn and given inputs."""

import argparse
import json
import os
import pathlib
import struct
import sys
import zlib

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np

# NumPy has no bfloat16: its bits as whole numbers.
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "U8": "|u1"}
NAMES = {numpy: name for name, numpy in DTYPES.items()}


def array(value):
    """A contiguous little-endian array of a tensor, an array or a number; numbers become double precision."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    value = np.asarray(value)
    return np.asarray(value, dtype=value.dtype.newbyteorder("<"), order="C")


def encode(tensors, metadata=None):
    """The bytes of a safetensors file: tensors by decreasing element size, then by name; metadata by name."""
    arrays = {name: array(value) for name, value in tensors.items()}
    header, at = {}, 0
    if metadata:
        header["__metadata__"] = dict(sorted(metadata.items()))
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    for name in order:
        value = arrays[name]
        end = at + value.nbytes
        header[name] = {"dtype": NAMES[value.dtype.str], "shape": list(value.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(arrays[name].tobytes() for name in order)


def decode(data):
    """Tensors and metadata of a safetensors file's bytes."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[start:end], DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata


class Golden:
    """One golden file in the making. Inputs, weights and options are drawn, or taken from the existing file of the same
    name in the folder `--like`; results are always computed."""

    def __init__(self, name, options):
        self.path = options.out / f"{name}.safetensors"
        self.tensors, self.metadata = {}, {}
        self.given = self.given_metadata = None
        if options.like:
            like = options.like / f"{name}.safetensors"
            if not like.exists():
                raise SystemExit(f"{like} is not there: nothing to take inputs from")
            self.given, self.given_metadata = decode(like.read_bytes())
        # A file's numbers depend on the seed and its name, not on what else is made in the same run.
        self.seed = (options.seed << 32) + zlib.crc32(name.encode())
        self.random = np.random.default_rng(self.seed)
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)
            sys.modules["torch"].manual_seed(self.seed)

    def take(self, key, draw):
        """An input: the given file's tensor, or what `draw` returns. It is stored and returned in `draw`'s type."""
        value = draw()
        if self.given is not None:
            given = np.array(self.given[key])
            value = sys.modules["torch"].from_numpy(given) if hasattr(value, "detach") else given
        self.tensors[key] = value
        return value

    def take_state(self, prefix, module):
        """A module's parameters and buffers: the given file's, or those it has. They are stored."""
        for name, tensor in state(module).items():
            value = self.take(prefix + name, lambda tensor=tensor: tensor.detach().clone())
            tensor.data.copy_(value)

    def option(self, key, value):
        """A metadata entry that says how the numbers were computed: the given file's where it has one."""
        if self.given_metadata is not None and key in self.given_metadata:
            text = self.given_metadata[key]
            value = text if isinstance(value, str) else json.loads(text)
        self.metadata[key] = value if isinstance(value, str) else json.dumps(value)
        return value

    def shape(self, key, otherwise):
        """The shape of the given file's tensor, or `otherwise`."""
        return otherwise if self.given is None else list(self.given[key].shape)

    def names(self, prefix, otherwise):
        """The names of the given file's tensors that begin so, or `otherwise`."""
        return otherwise if self.given is None else sorted(name for name in self.given if name.startswith(prefix))

    def put(self, key, value):
        """A result, copied: optimisers change parameters in place."""
        self.tensors[key] = np.array(array(value))

    def put_state(self, prefix, module):
        for name, tensor in state(module).items():
            self.put(prefix + name, tensor)

    def put_gradients(self, prefix, module):
        for name, parameter in module.named_parameters():
            self.put(prefix + name, parameter.grad)

    def write(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(encode(self.tensors, self.metadata))
        print(f"{self.path}: {len(self.tensors)} tensors")


def state(module):
    """A module's parameters and buffers by name, without the counts of batches."""
    return {name: t for name, t in module.state_dict(keep_vars=True).items() if not name.endswith("batches_tracked")}


def formula(name, count):
    """u of elements 1, 2, … of the tensor `name`, as the golden README defines it, in double precision."""
    x = np.sin(12.9898 * np.arange(1, count + 1, dtype=np.float64) + float(sum(name.encode()))) * 43758.5453
    return x - np.floor(x)


def main(description, *generators):
    """The command line of a script; each generator is called with the options and writes its files, whatever becomes of
    the others."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the new files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shapes", choices=("usual", "other"), default="usual", help="a built-in set of shapes")
    parser.add_argument("--like", type=pathlib.Path, help="folder of golden files whose inputs and weights are reused")
    options = parser.parse_args()
    failed = False
    for generate in generators:
        try:
            generate(options)
        except SystemExit as reason:
            print(reason, file=sys.stderr)
            failed = True
    sys.exit(1 if failed else 0)
