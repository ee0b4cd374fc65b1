# SPDX-License-Identifier: Apache-2.0
"""What a Recorder finds, and that training does not notice it."""

import json
import math
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from test_bad_input import refusal  # noqa: E402

import pion  # noqa: E402
import pion._recorder as inside  # noqa: E402
import pion.torch as pt  # noqa: E402

EPSILON = torch.finfo(torch.float32).eps


def model_of(dtype=torch.float32):
    torch.manual_seed(0)
    layers = [torch.nn.Linear(12, 20), torch.nn.Tanh(), torch.nn.Linear(20, 8)]
    return torch.nn.Sequential(*layers).to(dtype)


def train(model, optimizers, steps, micro_batches=3, seed=0, look=lambda: None):
    """Trains, and returns the losses. look() is called before each step."""
    generator = torch.Generator().manual_seed(seed)
    dtype = next(model.parameters()).dtype
    losses = []
    for _ in range(steps):
        for _ in range(micro_batches):
            x, y = (torch.randn(16, n, generator=generator).to(dtype) for n in (12, 8))
            loss = ((model(x) - y) ** 2).mean()
            (loss / micro_batches).backward()
            losses.append(loss.item())
        look()
        for optimizer in optimizers:
            optimizer.step()
        for optimizer in optimizers:
            optimizer.zero_grad()
    return losses


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def records_of(path):
    return [line for line in lines_of(path) if "layer" in line]


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "heavy ball": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-2),
    "pion": lambda p: pt.Optimizer(p, "muon", lr=1e-2),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_is_the_same_to_the_last_bit(name, tmp_path):
    def trained(recorded):
        model = model_of()
        optimizer = OPTIMIZERS[name](model.parameters())
        if recorded:
            pt.Recorder(model, optimizer, tmp_path / "run.jsonl", every=1)
        losses = train(model, [optimizer], 4)
        return losses, [p.detach().clone() for p in model.parameters()], torch.get_rng_state()

    plain, recorded = trained(False), trained(True)
    assert plain[0] == recorded[0] and torch.equal(plain[2], recorded[2])
    assert all(torch.equal(a, b) for a, b in zip(plain[1], recorded[1]))
    assert len(records_of(tmp_path / "run.jsonl")) == 4 * 2


def measures(x):
    """By NumPy's SVD in float64."""
    s = np.linalg.svd(x.astype(np.float64), compute_uv=False)
    p = s[s > 0] / s.sum()
    gains = [pion.Chain(f"highpass:kp={kp}")(s / np.linalg.norm(s)) for kp in range(5)]
    return {
        "erank": np.exp(-np.sum(p * np.log(p))),
        "s1": s[0] / np.linalg.norm(s),
        "survivors": [int(np.sum(np.abs(g) > 1e-6)) for g in gains],
    }


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("name", ["sgd", "heavy ball"])
def test_the_numbers_are_those_of_numpy(name, dtype, tmp_path):
    path = tmp_path / "run.jsonl"
    model = model_of(dtype)
    optimizer = OPTIMIZERS[name](model.parameters())
    pt.Recorder(model, optimizer, path, every=2)
    seen = []

    def look():
        seen.append([p.grad.detach().double().numpy().copy() for p in model.parameters()])

    train(model, [optimizer], 3, look=look)
    head, *records = lines_of(path)
    assert head["format"] == "pion run" and head["version"] == 1 and head["every"] == 2
    assert [(r["step"], r["layer"]) for r in records] == [
        (step, layer) for step in (0, 2) for layer in ("0.weight", "2.weight")
    ]
    for r in records:
        weight, of = (0, "gradient") if r["layer"] == "0.weight" else (2, "gradient")
        x = seen[r["step"]][weight]
        if name == "heavy ball":
            of = "momentum"
            p = list(model.parameters())[weight]
            if r["step"] != 2:
                x = seen[0][weight]  # torch's momentum begins with the gradient
            else:
                x = optimizer.state[p]["momentum_buffer"].double().numpy()
        assert r["of"] == of and r["shape"] == list(x.shape)
        wanted = measures(x)
        # What spectrum() promises of scalars shorter than double; an SVD in double is far below.
        assert np.isclose(r["erank"], wanted["erank"], rtol=1e-6)
        assert np.isclose(r["s1"], wanted["s1"], rtol=1e-6)
        assert r["survivors"] == wanted["survivors"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_snr_is_that_of_the_micro_batches(dtype, tmp_path):
    path = tmp_path / "run.jsonl"
    model = model_of(dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    recorder = pt.Recorder(model, optimizer, path, every=1)
    samples = []
    handle = model[0].weight.register_hook(lambda g: samples.append(g.double().numpy().copy()))
    # What becomes of the gradient before the step does not matter.
    train(model, [optimizer], 2, 4, look=lambda: torch.nn.utils.clip_grad_norm_(model[0].weight, 0))
    handle.remove()
    recorder.close()
    first, second = (r for r in records_of(path) if r["layer"] == "0.weight")
    for r, stack in ((first, np.stack(samples[:4])), (second, np.stack(samples[4:]))):
        noise = np.sum((stack - stack.mean(0)) ** 2) / 3
        signal = np.sum(stack.mean(0) ** 2) - noise / 4
        assert r["micro_batches"] == 4 and r["erank"] == 0.0
        # Each of the 4 updates rounds the mean and the difference in float32, of entries of the
        # size of the samples; relative to the noise, which is not below the signal here.
        size = np.sum(stack**2)
        assert size < 100 * noise
        assert abs(r["snr"] - max(signal, 0.0) / noise) <= 100 * 16 * EPSILON


def test_one_micro_batch_shows_no_noise(tmp_path):
    model = model_of()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    pt.Recorder(model, optimizer, tmp_path / "run.jsonl", every=1)
    train(model, [optimizer], 1, micro_batches=1)
    for record in records_of(tmp_path / "run.jsonl"):
        assert record["snr"] is None and record["micro_batches"] == 1


class Tied(torch.nn.Module):
    """One parameter under two names and used twice, one without a gradient, one that is frozen."""

    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(9, 6)
        self.head = torch.nn.Linear(6, 9, bias=False)
        self.head.weight = self.embed.weight
        self.unused = torch.nn.Linear(6, 6)
        self.frozen = torch.nn.Linear(6, 6).requires_grad_(False)
        self.conv = torch.nn.Conv2d(2, 3, 1)

    def forward(self, x):
        y = self.embed(x)
        mixed = self.conv(y.view(-1, 2, 3, 1)).sum((1, 2, 3))
        return self.head(y) * mixed[:, None]


def test_shared_unused_frozen_and_folded_parameters(tmp_path):
    path = tmp_path / "run.jsonl"
    model = Tied()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    pt.Recorder(model, optimizer, path, every=1)
    for _ in range(2):
        for _ in range(2):
            model(torch.arange(9)).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    found = [(r["step"], r["layer"], r["shape"], r["micro_batches"]) for r in records_of(path)]
    layers = [("embed.weight", [9, 6], 2), ("conv.weight", [3, 2], 2)]
    assert found == [(step, *layer) for step in (0, 1) for layer in layers]


def test_layers_and_optimisers_are_chosen(tmp_path):
    model = model_of()
    first = pt.Optimizer([model[0].weight], "pion", lr=1e-2)
    second = torch.optim.AdamW([model[2].weight, model[2].bias], lr=1e-2)
    pt.Recorder(model, [first, second], tmp_path / "all.jsonl", every=2)
    pt.Recorder(model, [first, second], tmp_path / "one.jsonl", every=2, layers=["2.*"])
    train(model, [first, second], 3)
    both = [(0, "0.weight"), (0, "2.weight"), (2, "0.weight"), (2, "2.weight")]
    assert [(r["step"], r["layer"]) for r in records_of(tmp_path / "all.jsonl")] == both
    assert [(r["step"], r["layer"]) for r in records_of(tmp_path / "one.jsonl")] == both[1::2]
    assert all(r["of"] == "momentum" for r in records_of(tmp_path / "all.jsonl"))


def test_heads_of_the_weight_and_of_its_update(tmp_path):
    path = tmp_path / "run.jsonl"
    names = [("q_proj", 8), ("k_proj", 4), ("o_proj", 8), ("up_proj", 8)]
    model = torch.nn.ModuleDict({n: torch.nn.Linear(8, rows, bias=False) for n, rows in names})
    before = {n: m.weight.detach().clone() for n, m in model.items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    pt.Recorder(model, optimizer, path, every=1, heads=4, kv_heads=2)
    for _ in range(2):
        sum(m(torch.ones(1, 8)).square().sum() for m in model.values()).backward()
        optimizer.step()
    last = {r["layer"]: r for r in records_of(path) if r["step"] == 1}
    assert "head_norms" not in last["up_proj.weight"]
    for name, count, by_cols in [("q_proj", 4, False), ("k_proj", 2, False), ("o_proj", 4, True)]:
        for key, x in [
            ("head_norms", model[name].weight.detach()),
            ("head_updates", model[name].weight.detach() - before[name]),
        ]:
            blocks = np.split(x.double().numpy(), count, axis=1 if by_cols else 0)
            wanted = [np.linalg.norm(block) for block in blocks]
            # The sum of at most 64 squares, in float64 both.
            found = last[name + ".weight"][key]
            assert np.allclose(found, wanted, rtol=64 * np.finfo(float).eps, atol=0)
        assert last[name + ".weight"]["since"] == 0
    with pytest.raises(ValueError, match=r"k_proj.weight \(4x8\): its rows do not divide into 3"):
        pt.Recorder(model, optimizer, tmp_path / "none.jsonl", heads=4, kv_heads=3)
    assert not (tmp_path / "none.jsonl").exists()


def test_a_large_matrix_is_sketched(tmp_path, monkeypatch):
    monkeypatch.setattr(inside, "SKETCHED_FROM", 512)
    rng = np.random.default_rng(3)
    x = rng.standard_normal((520, 3)) @ rng.standard_normal((3, 600))
    x += 0.3 * rng.standard_normal((520, 600))
    w = torch.nn.Parameter(torch.zeros(520, 600, dtype=torch.float64))
    model = torch.nn.ParameterDict({"w": w})
    optimizer = torch.optim.SGD([w], lr=0.1)
    pt.Recorder(model, optimizer, tmp_path / "run.jsonl", within=0.05)
    w.grad = torch.from_numpy(x)
    optimizer.step()
    (r,) = records_of(tmp_path / "run.jsonl")
    wanted = measures(x)
    low, high = r["erank"]
    assert high - low <= 0.1 * 0.5 * (high + low)
    assert low < high and low <= wanted["erank"] <= high
    assert "s1" not in r and "survivors" not in r


def test_what_cannot_be_measured_is_said_and_training_goes_on(tmp_path):
    path = tmp_path / "run.jsonl"
    w, v = (torch.nn.Parameter(torch.ones(4, 5)) for _ in range(2))
    model = torch.nn.ParameterDict({"w": w, "v": v})
    optimizer = torch.optim.SGD([w, v], lr=0.1)
    pt.Recorder(model, optimizer, path)
    w.grad = torch.full((4, 5), math.nan)
    v.grad = torch.ones(4, 5).to_sparse()
    optimizer.step()
    first, second = records_of(path)
    assert "x(0, 0) is not a number" in first["problem"] and "erank" not in first
    assert second["problem"] == "the gradient is sparse"


PROGRAM = """
import sys, torch, pion.torch
torch.manual_seed(0)
model = torch.nn.Linear(6, 5)
optimizer = torch.optim.SGD(model.parameters(), lr=.01, momentum=.9)
recorder = pion.torch.Recorder(model, optimizer, sys.argv[1], every=10)
for i in range(10**9):
    model(torch.randn(3, 6)).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()
    if i == 500:
        print("500", flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_killed_run_leaves_a_file_and_goes_on_in_it(tmp_path):
    path = tmp_path / "run.jsonl"
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"500\n"
    process.kill()
    process.wait()
    process.stdout.close()
    records = records_of(path)
    steps = [r["step"] for r in records]
    assert steps == list(range(0, steps[-1] + 1, 10)) and steps[-1] >= 500
    # The run goes on; a line that was cut is cut off.
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"step": 7')
    model = torch.nn.Linear(6, 5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with pt.Recorder(model, optimizer, path, every=7) as recorder:
        assert recorder.step == steps[-1] + 1
        for _ in range(7):
            model.weight.grad = torch.ones(5, 6)
            optimizer.step()
        assert recorder.step == steps[-1] + 8
    assert path.read_bytes().startswith(whole)
    _, *rest = lines_of(path)[len(records) :]
    head, record = rest
    assert head["step"] == steps[-1] + 1 and head["every"] == 7
    assert record["step"] % 7 == 0
    # What a checkpoint knows better is said.
    with pt.Recorder(model, optimizer, path, every=7, step=21) as recorder:
        assert recorder.step == 21
    optimizer.step()  # closed: nothing is added
    assert lines_of(path)[-1]["step"] == 21 and "layer" not in lines_of(path)[-1]
    with pt.Recorder(model, optimizer, path) as recorder:
        assert recorder.step == 21


def test_other_files_are_left_alone(tmp_path):
    model = model_of()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    path = tmp_path / "x"
    for content in [b"weights", b"\n", b"{}\n", b'{"format": "pion run", "version": 2}\n', b"{"]:
        path.write_bytes(content)
        if content == b"{":  # may be a head that was cut
            pt.Recorder(model, optimizer, path).close()
            assert len(lines_of(path)) == 1
            continue
        refusal(ValueError, pt.Recorder, model, optimizer, path)
        assert path.read_bytes() == content
    path.write_bytes(path.read_bytes() + b"[]\n")
    assert "its last line" in refusal(ValueError, pt.Recorder, model, optimizer, path)


def test_what_is_refused(tmp_path):
    model, path = model_of(), tmp_path / "x"
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def said(**options):
        return refusal(ValueError, pt.Recorder, model, optimizer, path, **options)

    assert "every is 0" in said(every=0)
    assert "within is -1" in said(within=-1)
    assert "step is -1" in said(step=-1)
    assert "nothing to be recorded" in said(layers=["none"])
    other = torch.optim.SGD([torch.nn.Parameter(torch.ones(2, 2))], lr=0.1)
    assert "nothing to be recorded" in refusal(ValueError, pt.Recorder, model, other, path)
    assert not path.exists()
    with pytest.raises(OSError):
        pt.Recorder(model, optimizer, tmp_path / "none" / "x")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_ends_the_recording_and_not_the_training(tmp_path, monkeypatch):
    model = model_of()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    recorder = pt.Recorder(model, optimizer, tmp_path / "run.jsonl", every=1)
    with open("/dev/full", "ab", buffering=0) as full:
        monkeypatch.setattr(recorder._file, "_file", full)
        with pytest.warns(UserWarning, match="No space left.*the recording has ended"):
            train(model, [optimizer], 1)
    before = len(lines_of(tmp_path / "run.jsonl"))
    train(model, [optimizer], 2)
    recorder.close()
    assert len(lines_of(tmp_path / "run.jsonl")) == before == 1


def test_a_recorded_model_is_saved_and_copied(tmp_path, recwarn):
    import copy

    model = model_of()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    pt.Recorder(model, optimizer, tmp_path / "run.jsonl", every=1)
    train(model, [optimizer], 1)
    torch.save(model.state_dict(), tmp_path / "state")
    torch.save(model, tmp_path / "model")
    torch.save(optimizer.state_dict(), tmp_path / "optimizer")
    train(copy.deepcopy(model), [torch.optim.SGD(model.parameters(), lr=0.1)], 1)
    assert [w for w in recwarn if "hook" in str(w.message)] == []
    assert len(records_of(tmp_path / "run.jsonl")) == 2
