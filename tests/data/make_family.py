# SPDX-License-Identifier: Apache-2.0
"""Prints what tests/optimizer/presets/family*.cpp know of optimisers for which no other program has numbers:
W[0, 0], the sum of the entries and the norm after five steps of 4x3 and of 3x4. Plain float64
transcriptions of the published rules, with the exact polar factor. pip install numpy."""

import numpy as np

RATE, DECAY, STEPS = 0.05, 0.1, 5


def weights(m, n):
    i, j = np.arange(m)[:, None], np.arange(n)[None, :]
    return np.sin(1.0 + i + 2 * j)


def gradient(m, n, t):
    i, j = np.arange(m)[:, None], np.arange(n)[None, :]
    return np.cos(1.0 + 2 * i + 3 * j + 5 * t) + 0.1 * (i - j)


def orth(x):
    u, s, v = np.linalg.svd(x, full_matrices=False)
    keep = s > 1e-13 * max(s[0], 1e-300)
    return u[:, keep] @ v[keep]


def soap(m, n, every, largest):
    beta, eps = 0.95, 1e-8
    w = weights(m, n)
    sides = [m <= largest, n <= largest]
    gram = [np.zeros((m, m)), np.zeros((n, n))]
    q = [np.eye(m), np.eye(n)]
    first, second = np.zeros((m, n)), np.zeros((m, n))

    def see(g):
        gram[0] = beta * gram[0] + (1 - beta) * g @ g.T
        gram[1] = beta * gram[1] + (1 - beta) * g.T @ g

    for t in range(1, STEPS + 1):
        g = gradient(m, n, t)
        if t == 1:
            see(g)
            for s in range(2):
                if sides[s]:
                    q[s] = np.linalg.eigh(gram[s])[1][:, ::-1]
            continue
        k = t - 1
        turned = q[0].T @ g @ q[1]
        first = beta * first + (1 - beta) * turned
        second = beta * second + (1 - beta) * turned**2
        x = q[0] @ (first / (np.sqrt(second) + eps)) @ q[1].T
        w = w - RATE * np.sqrt(1 - beta**k) / (1 - beta**k) * x
        w = w * (1 - RATE * DECAY)
        whole = q[0] @ first @ q[1].T
        see(g)
        if k % every == 0:
            for s in range(2):
                if not sides[s]:
                    continue
                order = np.argsort(-np.diag(q[s].T @ gram[s] @ q[s]), kind="stable")
                second = second[order] if s == 0 else second[:, order]
                q[s] = np.linalg.qr(gram[s] @ q[s][:, order])[0]
            first = q[0].T @ whole @ q[1]
    return w


def nordion2(m, n):
    w, big, v = weights(m, n), np.zeros((m, n)), np.zeros(m)
    k = max(1, int(np.ceil(0.5 * m)))
    for t in range(1, STEPS + 1):
        big = big + gradient(m, n, t)
        chosen = np.sort(np.argsort(-np.abs(big).sum(1), kind="stable")[:k])
        o = orth(big[chosen])
        big[chosen] *= 0.95
        v[chosen] = 0.95 * v[chosen] + 0.05 * (o**2).mean(1)
        a = o / (np.sqrt(v[chosen])[:, None] + 1e-8)
        a *= np.linalg.norm(o) / np.linalg.norm(a)
        w = w * (1 - RATE * DECAY)
        w[chosen] -= RATE * np.sqrt(m / n) * a
    return w


def muon_8bit(m, n, block):
    w, kept = weights(m, n), np.zeros((m, n))
    for t in range(1, STEPS + 1):
        big = 0.95 * kept + gradient(m, n, t)
        w = w * (1 - RATE * DECAY) - RATE * 0.2 * np.sqrt(max(m, n)) * orth(big)
        flat = big.reshape(-1).copy()
        for a in range(0, flat.size, block):
            size = np.abs(flat[a : a + block]).max() / 127
            flat[a : a + block] = np.rint(flat[a : a + block] / size) * size
        kept = flat.reshape(m, n)
    return w


def muon_squared(m, n):
    w, a, v = weights(m, n), 0.0, 0.0
    for t in range(1, STEPS + 1):
        g = gradient(m, n, t)
        a, v = 0.95 * a + 0.05 * g, 0.95 * v + 0.05 * g * g
        w = w * (1 - RATE * DECAY) - RATE * np.sqrt(m / n) * orth(a / np.sqrt(v + 1e-8))
    return w


def scion(m, n, lmo):
    w, a = weights(m, n), 0.0
    for t in range(1, STEPS + 1):
        a = 0.9 * a + 0.1 * gradient(m, n, t)
        w = (1 - RATE) * w - RATE * 2.0 * lmo(a, m, n)
    return w


def columns(a, m, n):
    return a / (np.linalg.norm(a, axis=0) / np.sqrt(m) * n + 1e-8)


def rows(a, m, n):
    return a / (np.linalg.norm(a, axis=1, keepdims=True) * np.sqrt(n) + 1e-8)


def bias(a, m, n):
    return a / (np.sqrt((a * a).mean()) + 1e-8)


def tracked(m, n, compress):
    w = weights(m, n)
    big = estimate = gradient(m, n, 1)
    for t in range(1, STEPS + 1):
        if t > 1:
            big = 0.9 * big + 0.1 * gradient(m, n, t)
            estimate = estimate + compress(big - estimate)
        w = w - RATE * orth(estimate)
    return w


def largest(x):
    keep = int(np.ceil(0.3 * x.size))
    least = np.sort(np.abs(x).ravel())[-keep]
    return np.where(np.abs(x) >= least, x, 0.0)


def rank_one(x):
    u, s, v = np.linalg.svd(x, full_matrices=False)
    return s[0] * np.outer(u[:, 0], v[0])


def shampoo(m, n, beta, every):
    w, left, right = weights(m, n), np.zeros((m, m)), np.zeros((n, n))

    def root(g):
        s, q = np.linalg.eigh(g)
        keep = s > 1e-13 * s.max()
        return (q[:, keep] * s[keep] ** -0.25) @ q[:, keep].T

    for t in range(1, STEPS + 1):
        g = gradient(m, n, t)
        left, right = beta * left + (1 - beta) * g @ g.T, beta * right + (1 - beta) * g.T @ g
        if (t - 1) % every == 0:
            c = 1 - beta**t
            roots = root(left / c), root(right / c)
        w = w - RATE * roots[0] @ g @ roots[1]
    return w


def gum(m, n, full, every):
    w = weights(m, n)
    for t in range(1, STEPS + 1):
        g = gradient(m, n, t)
        if (t - 1) % every == 0:
            p, r = np.linalg.svd(g)[0][:, :2], 0.0
        if full:
            r = 0.95 * r + g - p @ p.T @ g
            w = w - RATE * orth(r)
        else:
            r = 0.95 * r + p.T @ g
            w = w - RATE * p @ orth(r)
    return w


def mvr2(m, n):
    w, big = weights(m, n), 0.0
    for t in range(1, STEPS + 1):
        g = gradient(m, n, t)
        last = np.zeros((m, n)) if t == 1 else gradient(m, n, t - 1) * 0.9
        c = g + 0.1 * 0.95 / 0.05 * (g - last)
        c = c / max(1.0, np.linalg.norm(c))
        big = 0.95 * big + 0.05 * c
        w = w - RATE * 0.2 * np.sqrt(max(m, n)) * orth(big)
    return w


def auon_hybrid(m, n):
    w, a = weights(m, n), 0.0
    for t in range(1, STEPS + 1):
        g = gradient(m, n, t)
        a = 0.95 * a + 0.05 * g
        o = orth(0.05 * g + 0.95 * a)
        r = np.sqrt((np.cosh(1.5 * o / (np.linalg.norm(o) + 1e-7)) ** 2).mean())
        w = w - RATE * o / (r + 1e-8)
    return w


def namo_d(m, n, clamp, k):
    w, a, v = weights(m, n), 0.0, np.zeros(n)
    for t in range(1, STEPS + 1):
        g = gradient(m, n, t)
        a = 0.95 * a + 0.05 * g
        u = 0.05 * g + 0.95 * a
        v = 0.99 * v + 0.01 * (g * g).sum(0)
        s = np.linalg.norm(u, axis=0) / (np.sqrt(v) + 1e-8)
        s = np.clip(s, clamp * s.mean(), s.mean() / clamp)
        s = s * RATE * np.sqrt(1 - 0.99**t) / (1 - 0.95**t + 1e-12)
        w = w * np.maximum(1 - DECAY * np.minimum(s, 1), 0)
        w = w - orth(u) * np.minimum(s * k * np.sqrt(max(m, n)), 1)
    return w


def cautious(m, n):
    w, a = weights(m, n), 0.0
    for t in range(1, STEPS + 1):
        a = 0.95 * a + 0.05 * gradient(m, n, t)
        o = orth(a)
        w = np.where(w * o >= 0, w * (1 - RATE * DECAY), w) - RATE * o
    return w


ALL = {
    "soap renewing": lambda m, n: soap(m, n, 2, 100),
    "soap one side": lambda m, n: soap(m, n, 2, 3),
    "nordion2": nordion2,
    "8-bit muon": lambda m, n: muon_8bit(m, n, 4),
    "muon_squared": muon_squared,
    "scion columns": lambda m, n: scion(m, n, columns),
    "scion rows": lambda m, n: scion(m, n, rows),
    "scion bias": lambda m, n: scion(m, n, bias),
    "ef21 largest": lambda m, n: tracked(m, n, largest),
    "ef21 rank one": lambda m, n: tracked(m, n, rank_one),
    "shampoo mean": lambda m, n: shampoo(m, n, 0.9, 2),
    "gum low periods": lambda m, n: gum(m, n, False, 2),
    "gum full periods": lambda m, n: gum(m, n, True, 3),
    "mvr2": mvr2,
    "auon hybrid": auon_hybrid,
    "cautious": cautious,
    "namo_d clamped": lambda m, n: namo_d(m, n, 0.99, 0.2),
    "namo_d of long steps": lambda m, n: namo_d(m, n, 0.75, 6.0),
}

for name, run in ALL.items():
    for m, n in ((4, 3), (3, 4)):
        w = run(m, n)
        print(f'{name} {m}x{n}  {{{w[0, 0]:.9f}, {w.sum():.9f}, {np.linalg.norm(w):.9f}}}')
