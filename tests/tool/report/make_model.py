# SPDX-License-Identifier: Apache-2.0
"""Makes a small model from a seed: the names of a Llama, few numbers.

    make_model.py OUT.safetensors [--layers 28] [--seed 1] [--hostile]

Matrices are a few directions in noise. How many, and how far they stand out, changes with the depth
and from module to module, so that a report has something to show. With --hostile some names are
markup, one tensor has a NaN, and one holds integers. Needs numpy.
"""
import argparse
import json
import struct

import numpy

HIDDEN, KEYS, INNER = 96, 48, 160
# Each module's shape, its directions in the first and in the last layer, and their strength over
# the noise.
MODULES = {
    "self_attn.q_proj": ((HIDDEN, HIDDEN), 2, 6, 6.0),
    "self_attn.k_proj": ((KEYS, HIDDEN), 1, 3, 8.0),
    "self_attn.v_proj": ((KEYS, HIDDEN), 4, 12, 2.0),
    "self_attn.o_proj": ((HIDDEN, HIDDEN), 3, 20, 3.0),
    "mlp.gate_proj": ((INNER, HIDDEN), 8, 60, 4.0),
    "mlp.up_proj": ((INNER, HIDDEN), 0, 0, 0.0),
    "mlp.down_proj": ((HIDDEN, INNER), 30, 80, 5.0),
}
HOSTILE = [
    "<script>document.title = 'taken'</script>",
    "\"><img src=x onerror=\"document.title='taken'\">",
    "model.layers.0.</title></script><script>document.title = 'taken'</script>",
    "'; document.title = 'taken'; '",
    "&lt;b&gt; ]]> --> \u202egnorw",
    "two\nlines\x1b[2J",
]


def matrix(random, shape, directions, strength):
    """Directions of fading strength, in noise whose singular values end at about 1."""
    rows, cols = shape
    noise = random.standard_normal(shape) / (rows**0.5 + cols**0.5)
    if directions == 0:
        return noise
    left, _ = numpy.linalg.qr(random.standard_normal((rows, directions)))
    right, _ = numpy.linalg.qr(random.standard_normal((cols, directions)))
    sizes = strength * (1.0 + 2.0 / numpy.arange(1, directions + 1))
    return (left * sizes) @ right.T + noise


def tensors(random, layers, hostile):
    yield "model.embed_tokens.weight", random.standard_normal((320, HIDDEN))
    for layer in range(layers):
        depth = layer / max(layers - 1, 1)
        for module, (shape, first, last, strength) in MODULES.items():
            directions = round(first + depth * (last - first))
            name = f"model.layers.{layer}.{module}.weight"
            directions = min(directions, min(shape))
            yield name, matrix(random, shape, directions, strength * (1.5 - depth))
        for norm, size in [("input_layernorm", HIDDEN), ("post_attention_layernorm", HIDDEN),
                           ("self_attn.q_norm", 24), ("self_attn.k_norm", 24)]:
            yield f"model.layers.{layer}.{norm}.weight", numpy.ones(size)
    yield "model.norm.weight", numpy.ones(HIDDEN)
    yield "lm_head.weight", random.standard_normal((320, HIDDEN))
    if hostile:
        for name in HOSTILE:
            yield name, matrix(random, (32, 32), 2, 5.0)
        broken = random.standard_normal((32, 32))
        broken[3, 4] = numpy.nan
        yield "model.layers.1.broken.weight", broken
        yield "model.position_ids", numpy.arange(16)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hostile", action="store_true")
    options = parser.parse_args()
    header, data = {}, []
    at = 0
    random = numpy.random.default_rng(options.seed)
    for name, values in tensors(random, options.layers, options.hostile):
        whole = values.dtype.kind == "i"
        stored = values.astype("<i8" if whole else "<f4").tobytes()
        header[name] = {"dtype": "I64" if whole else "F32", "shape": list(values.shape),
                        "data_offsets": [at, at + len(stored)]}
        at += len(stored)
        data.append(stored)
    text = json.dumps(header).encode()
    with open(options.out, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


if __name__ == "__main__":
    main()
