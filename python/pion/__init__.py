# SPDX-License-Identifier: Apache-2.0
"""Spectral filters of matrices: odd polynomials applied to singular values, without an SVD."""

from pion import design
from pion._apply import apply, apply_batch, plan, polar
from pion._core import __version__, instruction_set
from pion._diagnostics import Estimate, Spectrum, effective_rank, snr, spectrum
from pion._filters import Chain, Filter, known_chains

__all__ = [
    "Chain",
    "Estimate",
    "Filter",
    "Spectrum",
    "__version__",
    "apply",
    "apply_batch",
    "design",
    "effective_rank",
    "instruction_set",
    "known_chains",
    "plan",
    "polar",
    "snr",
    "spectrum",
]
