# SPDX-License-Identifier: Apache-2.0
"""Filters by NumPy's SVD in float64, and how far the library may be from them."""

import numpy as np

import pion


def measured(sigma, normalizer):
    """What the singular values are divided by."""
    return {
        "frobenius": np.sqrt(np.sum(sigma**2)),
        "schatten4": np.sum(sigma**4) ** 0.25,
        "none": 1.0,
    }[normalizer]


def filtered(x, chain, normalizer="frobenius"):
    """U f(S) V^T."""
    u, s, vt = np.linalg.svd(np.asarray(x, dtype=np.float64), full_matrices=False)
    return (u * chain(s / measured(s, normalizer))) @ vt


def bound(x, chain, epsilon):
    """A bound of the rounding in f(x), in the Frobenius norm, to first order in epsilon.

    A step computes (a I + b R + c R^2) X with R = X X^T. An entry of these products is a sum of at
    most n terms, so that a step errs by at most (m + n) epsilon (|a| + |b| + |c|) v^5 sqrt(m),
    where v >= 1 bounds the values, and a later step magnifies that by its slope. The normaliser
    errs like a step.
    """
    m, n = sorted(x.shape)
    s = np.linspace(0.0, 1.0, 4001)
    error = (m + n) * epsilon * np.sqrt(m)
    for a, b, c in chain.steps:
        slope = np.max(np.abs(a + s * s * (3 * b + 5 * c * s * s)))
        size = max(1.0, np.max(np.abs(s)))
        error = error * max(slope, 1.0)
        error += (m + n) * epsilon * (abs(a) + abs(b) + abs(c)) * size**5 * np.sqrt(m)
        s = np.sort(pion.Chain([[a, b, c]])(s))
    return error
