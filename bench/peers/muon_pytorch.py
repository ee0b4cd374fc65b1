#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Muon's Newton-Schulz iteration, one AdamW step and singular values by PyTorch on the CPU.

Prints JSON of the form of Google Benchmark's. Threads: OMP_NUM_THREADS.
"""
import argparse
import json
import os
import re
import statistics
import time

import torch

STEP = (3.4445, -4.7750, 2.0315)


def newton_schulz(x, dtype, steps=5):
    """As in the public Muon: short side first, normalised, three products a step."""
    a, b, c = STEP
    y = x.to(dtype)
    tall = y.size(0) > y.size(1)
    if tall:
        y = y.T
    y = y / (y.norm() + 1e-7)
    for _ in range(steps):
        r = y @ y.T
        h = torch.addmm(r, r, r, beta=b, alpha=c)
        y = torch.addmm(y, h, y, beta=a)
    return y.T if tall else y


def times(call, least=7, total=0.5):
    """Wall-clock seconds of repeated calls, after one that warms up."""
    call()
    taken = []
    while len(taken) < least or (sum(taken) < total and len(taken) < 50):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return taken


def adamw(size):
    weight = torch.nn.Parameter(torch.randn(size, size))
    weight.grad = torch.randn(size, size)
    optimizer = torch.optim.AdamW([weight], fused=True)
    return optimizer.step


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--filter", default="", help="run only what matches this regular expression")
    wanted = parser.parse_args().filter
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    cases = []
    for rows, cols in ((256, 256), (512, 512), (1024, 1024), (2048, 2048), (1024, 4096), (4096, 1024)):
        for name, dtype in (("float", torch.float32), ("bfloat16", torch.bfloat16)):
            x = torch.randn(rows, cols)
            cases.append((f"peer/muon/newton_schulz/pytorch/{rows}x{cols}/{name}", name,
                          lambda x=x, dtype=dtype: newton_schulz(x, dtype)))
    for size in (1024, 2048, 4096):
        cases.append((f"peer/AdamW/fused/pytorch/{size}x{size}/float", "float", adamw(size)))
    for rows, cols in ((1024, 1024), (1024, 4096), (2048, 2048), (4096, 4096)):
        x = torch.randn(rows, cols).double()
        cases.append((f"peer/svdvals/pytorch/{rows}x{cols}/double", "double",
                      lambda x=x: torch.linalg.svdvals(x)))
        cases.append((f"peer/gram_eigvalsh/pytorch/{rows}x{cols}/double", "double",
                      lambda x=x: torch.linalg.eigvalsh(x @ x.T)))
    results = []
    emulated = False  # bfloat16, where the processor has none: minutes for the largest
    with torch.no_grad():
        for name, kind, call in cases:
            half = kind == "bfloat16"
            if re.search(wanted, name) and not (half and emulated):
                median = statistics.median(times(call))
                emulated = emulated or half and median > 1.0
                results.append({"name": name, "run_name": name, "aggregate_name": "median",
                                "real_time": 1e3 * median, "time_unit": "ms"})
    print(json.dumps({"context": {"pytorch": torch.__version__, "threads": torch.get_num_threads()},
                      "benchmarks": results}, indent=1))


if __name__ == "__main__":
    main()
