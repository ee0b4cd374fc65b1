#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Muon's Newton-Schulz iteration in PyTorch (bfloat16, torch.compile), as bench/cuda/ measures
pion: one JSON object a line, medians over CUDA events, warm, inputs rotating over several sets."""
import json
import statistics
import sys

import torch

REPEATS = 30


@torch.compile
def newton_schulz(g):
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    tall = x.size(-2) > x.size(-1)
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        r = x @ x.mT
        x = a * x + (b * r + c * (r @ r)) @ x
    return x.mT if tall else x


def median_ms(inputs):
    times = []
    for i in range(-5, REPEATS):
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        newton_schulz(inputs[i % len(inputs)])
        stop.record()
        stop.synchronize()
        if i >= 0:
            times.append(start.elapsed_time(stop))
    return statistics.median(times)


def main():
    if not torch.cuda.is_available():
        print("skipped: no CUDA device for PyTorch")
        return 77
    print(json.dumps({"name": "torch", "version": torch.__version__,
                      "device": torch.cuda.get_device_name()}))
    shapes = [(n, n) for n in (1024, 2048, 4096, 8192)]
    shapes += [(1024, 4096), (2048, 8192), (16, 128, 4096)]
    for shape in shapes:
        size = 2
        for extent in shape:
            size *= extent
        sets = min(max((128 << 20) // size, 2), 16)
        inputs = [torch.randn(shape, device="cuda", dtype=torch.bfloat16) for _ in range(sets)]
        print(json.dumps({"name": "torch.compile muon", "scalar": "bf16", "shape": shape,
                          "ms": median_ms(inputs)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
