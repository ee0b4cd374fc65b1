# SPDX-License-Identifier: Apache-2.0
"""Chains made to order."""

from __future__ import annotations

from typing import List, NamedTuple, Tuple

from pion import _core
from pion._filters import Chain
from pion._numbers import names_wrong_numbers

__all__ = [
    "RisingHighPass",
    "SharpFilter",
    "cans",
    "polar_express",
    "rising_high_pass",
    "sharp_band_pass",
    "sharp_high_pass",
    "sharp_low_pass",
]


class SharpFilter(NamedTuple):
    """A chain that parts its bands within a ripple."""

    chain: Chain
    pass_bands: List[Tuple[float, float]]
    stop_bands: List[Tuple[float, float]]
    ratio: float  # the upper edge of a gap between bands over its lower edge
    ripple: float


class RisingHighPass(NamedTuple):
    """A chain that rises from 0 to 1, and the sigma of its gains .1 and .9."""

    chain: Chain
    from_sigma: float
    to_sigma: float

    @property
    def ratio(self) -> float:
        return self.to_sigma / self.from_sigma


@names_wrong_numbers
def sharp_high_pass(tau: float, steps: int = 5, ripple: float = 0.02) -> SharpFilter:
    """The sharpest high-pass that so many steps allow, with its cutoff at tau. Some 50 ms."""
    return _sharp(_core.sharp_high_pass(tau, steps, ripple), f"sharp-highpass:tau={tau}")


@names_wrong_numbers
def sharp_low_pass(tau: float, ripple: float = 0.02) -> SharpFilter:
    """The sharpest low-pass of five steps, with its cutoff at tau. Some 400 ms."""
    return _sharp(_core.sharp_low_pass(tau, ripple), f"sharp-lowpass:tau={tau}")


@names_wrong_numbers
def sharp_band_pass(
    lower: float, upper: float, steps: int = 5, ripple: float = 0.02
) -> SharpFilter:
    """The sharpest band-pass between two cutoffs. Some 500 ms."""
    return _sharp(_core.sharp_band_pass(lower, upper, steps, ripple), f"band {lower} to {upper}")


@names_wrong_numbers
def rising_high_pass(tau: float, steps: int = 5, seed: int = 1) -> RisingHighPass:
    """The sharpest rising high-pass with the gain 1/2 at tau. Some 600 ms for five steps."""
    found = _core.rising_high_pass(tau, steps, seed)
    return RisingHighPass(
        _chain(found.chain, f"rising-highpass:tau={tau}"), found.from_sigma, found.to_sigma
    )


@names_wrong_numbers
def polar_express(
    lo: float, steps: int, cushion: float = 0.0, safety: float = 1.0, degree: str = "quintic"
) -> Chain:
    """Polar Express: each step is the minimax polynomial where those before it take [lo, 1]."""
    chain = _core.polar_express(lo, steps, cushion, safety, degree)
    return _chain(chain, f"polar-express from {lo}")


@names_wrong_numbers
def cans(delta: float, steps: int, degree: str = "quintic") -> Chain:
    """CANS: the chain that takes the widest [from, 1] into [1 - delta, 1 + delta]."""
    return _chain(_core.cans(delta, steps, degree), f"cans to {delta}")


def _chain(chain: _core.Chain, name: str) -> Chain:
    return Chain(chain.steps, name)


def _sharp(found: _core.SharpFilter, name: str) -> SharpFilter:
    return SharpFilter(
        _chain(found.chain, name), found.pass_bands, found.stop_bands, found.ratio, found.ripple
    )
