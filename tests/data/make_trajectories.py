#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes trajectories.txt beside this file: 100 steps of each optimiser that pion has a preset for.

    pip install torch jax optax keras numpy
    python3 make_trajectories.py

AdamW, SGD and three of Muon's forms are PyTorch's, optax's and Keras' own classes; the others are
written out here, in float64, from the published descriptions. The gradients come of an integer generator, exact in float32 as in float64,
that tests/optimizer/presets/filtering.cpp has too. Each block of the file is a line "name rows cols" and
the parameter after steps 1, 10 and 100, row by row.
"""
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"
import jax
import keras
import numpy as np
import optax
import torch

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")

STEPS, SEEN, RATE = 100, (1, 10, 100), 0.02


class Numbers:
    """Multiples of 2^-19 in [-1, 1)."""

    def __init__(self, seed):
        self.state = seed

    def matrix(self, rows, cols):
        values = []
        for _ in range(rows * cols):
            self.state = (6364136223846793005 * self.state + 1442695040888963407) % 2**64
            values.append((self.state >> 44) / 2**19 - 1)
        return np.array(values).reshape(rows, cols)


def problem(rows, cols):
    """The first parameter and the gradients: two directions under noise."""
    numbers = Numbers(5)
    first = numbers.matrix(rows, cols)

    def coarse(length):
        return np.floor(8 * numbers.matrix(length, 1)) / 8

    signal = 4 * coarse(rows) @ coarse(cols).T + 2 * coarse(rows) @ coarse(cols).T
    return first, [signal + numbers.matrix(rows, cols) for _ in range(STEPS)]


# The momentum forms: a function from the gradient to the rule's input.


def heavy_ball(mu, nesterov=False):
    memory = 0.0

    def form(g):
        nonlocal memory
        memory = mu * memory + g
        return g + mu * memory if nesterov else memory

    return form


def ema(beta, nesterov=True):
    memory = 0.0

    def form(g):
        nonlocal memory
        memory = memory + (1 - beta) * (g - memory)
        return g + beta * (memory - g) if nesterov else memory

    return form


def adam(beta1, beta2, epsilon):
    m, v, t = 0.0, 0.0, 0

    def form(g):
        nonlocal m, v, t
        t += 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        return (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)

    return form


# The rules.


def filtered(*steps):
    def rule(m):
        x = m / np.linalg.norm(m)
        for a, b, c in steps:
            gram = x.T @ x
            x = a * x + b * x @ gram + c * x @ gram @ gram
        return x

    return rule


MUON = [(3.4445, -4.7750, 2.0315)]
PROMOTION, SUPPRESSION = (1.875, -1.25, 0.375), (0.0, 2.5, -1.5)


def high_pass(kp):
    return filtered(*[PROMOTION] * kp, *[SUPPRESSION] * (5 - kp))


def per_head(rule, heads, axis, scale=lambda rows, cols: 1.0):
    return lambda m: np.concatenate(
        [scale(*part.shape) * rule(part) for part in np.split(m, heads, axis)], axis)


def low_rank(k):
    def rule(m):
        u, s, vt = np.linalg.svd(m, full_matrices=False)
        return u[:, :k] @ vt[:k]

    return rule


def newton_roots(a):
    s = len(a)
    a = a + (1e-6 + 1e-4 * np.trace(a) / s) * np.eye(s)
    c = np.linalg.norm(a)
    y, z = a / c, np.eye(s)
    for k in range(15):
        t = (3 * np.eye(s) - z @ y) / 2
        y, z = y @ t, t @ z
        if k > 0 and k % 5 == 0:
            y, z = (y + y.T) / 2, (z + z.T) / 2
    return np.sqrt(c) * (y + y.T) / 2, (z + z.T) / 2 / np.sqrt(c)


def square_root(o):
    rows, cols = o.shape
    gram = o.T @ o if cols <= rows else o @ o.T
    _, inverse = newton_roots(gram)
    root, _ = newton_roots(inverse)
    return o @ root if cols <= rows else root @ o


def run(shape, form, rule, scale=lambda rows, cols: 1.0, decay=0.0):
    w, gradients = problem(*shape)
    seen = []
    for t, g in enumerate(gradients, 1):
        update = scale(*shape) * rule(form(g))
        w = w * (1 - RATE * decay) - RATE * update
        if t in SEEN:
            seen.append(w)
    return seen


def run_torch(shape, make):
    first, gradients = problem(*shape)
    w = torch.nn.Parameter(torch.tensor(first))
    optimizer = make([w])
    seen = []
    for t, g in enumerate(gradients, 1):
        w.grad = torch.tensor(g)
        optimizer.step()
        if t in SEEN:
            seen.append(w.detach().numpy().copy())
    return seen


def run_optax(shape, optimizer):
    w, gradients = problem(*shape)
    state = optimizer.init(w)
    seen = []
    for t, g in enumerate(gradients, 1):
        update, state = optimizer.update(jax.numpy.asarray(g), state, w)
        w = optax.apply_updates(w, update)
        if t in SEEN:
            seen.append(np.asarray(w))
    return seen


def run_keras(shape, optimizer):
    first, gradients = problem(*shape)
    w = keras.Variable(first, name="kernel")
    optimizer.build([w])
    seen = []
    for t, g in enumerate(gradients, 1):
        optimizer.apply([jax.numpy.asarray(g)], [w])
        if t in SEEN:
            seen.append(np.array(w.value))
    return seen


class Float64Muon:
    """PyTorch's Muon filters in bfloat16; while this is active it filters in float64."""

    bfloat16 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)

    def __enter__(self):
        torch.optim._muon.torch = self

    def __exit__(self, *_):
        torch.optim._muon.torch = torch


def jordan(rows, cols):
    return max(1, rows / cols) ** 0.5


def sqrt_max(multiple):
    return lambda rows, cols: multiple * max(rows, cols) ** 0.5


WIDE, TALL = (4, 7), (8, 5)
optim = torch.optim
with Float64Muon():
    muons = [
        ("muon_torch", TALL, run_torch(TALL, lambda w: optim.Muon(w, lr=RATE))),
        ("muon_torch", WIDE, run_torch(WIDE, lambda w: optim.Muon(w, lr=RATE))),
        ("muon_torch_rms", TALL, run_torch(
            TALL, lambda w: optim.Muon(w, lr=RATE, adjust_lr_fn="match_rms_adamw"))),
    ]
trajectories = [
    ("adamw", TALL, run_torch(TALL, lambda w: optim.AdamW(w, lr=RATE))),
    ("sgd", WIDE, run_torch(WIDE, lambda w: optim.SGD(w, lr=RATE, momentum=0.9))),
    ("sgd_nesterov", TALL, run_torch(
        TALL, lambda w: optim.SGD(w, lr=RATE, momentum=0.9, nesterov=True))),
    *muons,
    *[("muon_optax", shape, run_optax(shape, optax.contrib.muon(RATE))) for shape in (TALL, WIDE)],
    *[("muon_keras", shape, run_keras(shape, keras.optimizers.Muon(RATE)))
      for shape in (TALL, WIDE)],
    ("muon", WIDE, run(WIDE, heavy_ball(0.95), filtered(*MUON * 5))),
    ("muon_jordan", TALL, run(TALL, ema(0.95), filtered(*MUON * 5), jordan)),
    ("moonlight", WIDE, run(WIDE, heavy_ball(0.95, True), filtered(*MUON * 5), sqrt_max(0.2), 0.1)),
    ("pion", WIDE, run(WIDE, heavy_ball(0.95), high_pass(2))),
    ("pion", TALL, run(TALL, heavy_ball(0.95), high_pass(2))),
    ("pion_released", TALL, run(TALL, ema(0.95), high_pass(0), sqrt_max(2.0), 0.01)),
    ("pion_vla", WIDE, run(WIDE, ema(0.95), high_pass(1), sqrt_max(0.2), 0.01)),
    ("pion_per_head", WIDE, run(WIDE, heavy_ball(0.95), per_head(high_pass(2), 2, 0))),
    ("pion_rlvr", TALL, run(
        TALL, ema(0.95, False), per_head(high_pass(0), 4, 0, sqrt_max(5.0)), decay=0.01)),
    ("lr_muon", TALL, run(TALL, heavy_ball(0.95), low_rank(2))),
    ("m_sgd_half", TALL, run(TALL, heavy_ball(0.9), square_root)),
    ("m_sgd_quarter", WIDE, run(WIDE, heavy_ball(0.9), lambda o: square_root(square_root(o)))),
    ("m_sgd_z", WIDE, run(WIDE, heavy_ball(0.9), filtered(*MUON * 15), jordan)),
    ("adam_half", WIDE, run(WIDE, adam(0.9, 0.95, 1e-8), square_root)),
    ("adam_quarter", TALL, run(
        TALL, adam(0.9, 0.95, 1e-8), lambda o: square_root(square_root(o)))),
    ("adam_z", TALL, run(TALL, adam(0.9, 0.95, 1e-8), filtered(*MUON * 15), jordan)),
]
with open(pathlib.Path(__file__).with_name("trajectories.txt"), "w", encoding="ascii") as out:
    for name, (rows, cols), seen in trajectories:
        out.write(f"{name} {rows} {cols}\n")
        for w in seen:
            out.write(" ".join(f"{x:.17g}" for x in w.ravel()) + "\n")
