# SPDX-License-Identifier: Apache-2.0
"""What a matrix shows of itself: its spectrum, and the signal in it."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence, overload

import numpy as np

from pion import _core
from pion._arrays import checked
from pion._filters import FilterLike, core_filter
from pion._numbers import names_wrong_numbers


class Spectrum:
    """The singular values of a matrix, descending, and what is read off them."""

    def __init__(self, x: Any, function: str = "Spectrum") -> None:
        self._core = _core.spectrum(checked(function, x))
        self.values: np.ndarray = self._core.values
        self.rank: int = self._core.rank()
        """How many values exceed max(m, n) eps sigma_1."""
        self.effective_rank: float = self._core.effective_rank()
        """exp of the entropy of sigma / sum(sigma)."""
        self.stable_rank: float = self._core.stable_rank()
        """||X||_F^2 / sigma_1^2."""
        self.nuclear_rank: float = self._core.nuclear_rank()
        """||X||_*^2 / ||X||_F^2."""
        self.participation_ratio: float = self._core.participation_ratio()
        """||X||_F^4 / ||X X^T||_F^2."""
        self.concentration: float = self._core.concentration()
        """sigma_1 / ||X||_F."""

    def survivors(self, filter: FilterLike, gain: float = _core.survivor_gain) -> int:
        """How many directions of this matrix have a gain above `gain` under the filter."""
        return self._core._survivors(core_filter(filter), gain)


def spectrum(x: Any) -> Spectrum:
    """The spectrum of x, by an SVD in float64 (values alone)."""
    return Spectrum(x, "spectrum")


class Estimate(NamedTuple):
    """An interval that has the exact value in it with the probability that was asked for."""

    low: float
    high: float

    @property
    def value(self) -> float:
        """The middle."""
        return 0.5 * (self.low + self.high)


@overload
def effective_rank(x: Any) -> float: ...


@overload
def effective_rank(
    x: Any, *, within: float, probability: float = 0.95, seed: int = 0
) -> Estimate: ...


@names_wrong_numbers
def effective_rank(
    x: Any, *, within: float | None = None, probability: float = 0.95, seed: int = 0
) -> float | Estimate:
    """exp of the entropy of sigma / sum(sigma), between 1 and min(m, n). Cost: an SVD.

    With `within`, an interval of which half is at most so large, relative to the rank: a large
    matrix is sketched, which costs a fraction of that. The result depends on the seed.
    """
    if within is None:
        return Spectrum(x, "effective_rank").effective_rank
    matrix = checked("effective_rank", x)
    return Estimate(*_core.effective_rank_within(matrix, within, probability, seed))


def snr(samples: Sequence[Any]) -> _core.Snr:
    """The signal-to-noise ratio of a stochastic gradient, from two or more samples of one shape.

    ratio is ||E G||_F^2 / E ||G - E G||_F^2 without the bias of finitely many samples.
    """
    return _core.snr([checked("snr", g, f"samples[{i}]") for i, g in enumerate(samples)])
