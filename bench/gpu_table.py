#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The figures that a GPU is asked for, from what one run of tools/gpu-check left in a folder:
gpu_table.py FOLDER. A figure that was not measured says so."""
import json
import pathlib
import sys


def lines(path):
    if not path.exists():
        return []
    return [json.loads(l) for l in path.read_text().splitlines() if l.startswith("{")]


def only(measured, **wanted):
    return [r for r in measured if all(r.get(k) == v for k, v in wanted.items())]


def main():
    folder = pathlib.Path(sys.argv[1])
    ours, torch = lines(folder / "bench.jsonl"), lines(folder / "torch.jsonl")
    device = (only(ours, name="device") or [{"device": "no device"}])[0]["device"]
    print(f"| on {device} | n | asked | measured | and |\n| --- | --- | --- | --- | --- |")

    def row(what, n, asked, measured, more=""):
        shown = "not measured" if measured is None else f"{measured:.2f}"
        print(f"| {what} | {n} | {asked} | {shown} | {more} |")

    for n in (1024, 2048, 4096, 8192):
        peer = only(torch, name="torch.compile muon", shape=[n, n])

        def against_torch(rows):
            return peer[0]["ms"] / rows[0]["ms"] if peer and rows else None

        square = {"scalar": "bf16", "rows": n, "cols": n}
        muon = only(ours, name="muon", method="dense", **square)
        row("Muon bf16, dense, times torch.compile's speed", n, 1.5, against_torch(muon))
        for scalar, asked in (("bf16", 10), ("f32", 4)):
            for start in ("cold", "warm"):
                call = only(ours, name="highpass2 certified", scalar=scalar, rows=n, start=start)
                more = f"{call[0]['method']}, bound {call[0]['bound']:.2g}" if call else ""
                row(f"high-pass kp=2 {scalar}, certified, {start}, times torch.compile's", n, asked,
                    against_torch(call), more)
        peak = muon[0]["of_peak"] if muon else None
        row("dense chain bf16, fraction of the GEMM peak", n, 0.75, peak)


if __name__ == "__main__":
    main()
