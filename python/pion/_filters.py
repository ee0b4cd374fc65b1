# SPDX-License-Identifier: Apache-2.0
"""Chains and filters: what is done to the singular values of a matrix."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Optional, Sequence, Union

import numpy as np

from pion import _core

ChainLike = Union[str, "Chain", Sequence[Sequence[float]]]
FilterLike = Union[str, "Chain", "Filter"]


class Chain:
    """A list of odd quintics a s + b s^3 + c s^5, applied first to last. It never changes.

    what  a text `NAME[:key=value,...]` (known_chains() lists them) or `@FILE`, a JSON file with
          {"steps": [[a, b, c], ...]} as `pion fit` writes it; or such a list of steps.
    name  what shape() and plot() call it; by default the text.

    Raises ValueError where the text names no chain or a coefficient is not finite, and OSError
    where the file cannot be read.
    """

    def __init__(self, what: ChainLike, name: Optional[str] = None) -> None:
        self._core: _core.Chain
        if isinstance(what, Chain):
            self._core, self.name = what._core, name or what.name
        elif isinstance(what, str):
            self.name = name or what
            self._core = _read(what[1:]) if what.startswith("@") else _core.chain_named(what)
        else:
            self.name = name or "chain"
            self._core = _of_steps(what, "a chain")

    @property
    def steps(self) -> np.ndarray:
        """The coefficients, a row (a, b, c) for each step."""
        return np.array(self._core.steps, dtype=float).reshape(-1, 3)

    def __call__(self, sigma: Any) -> Any:
        """f(sigma), of a number or an array."""
        s = np.asarray(sigma, dtype=float)
        for a, b, c in self.steps:
            square = s * s
            s = s * (a + square * (b + square * c))
        return s[()]

    def then(self, following: ChainLike) -> Chain:
        """The chain that applies this one and then the other."""
        other = Chain(following)
        return Chain(np.vstack([self.steps, other.steps]).tolist(), f"{self.name}, {other.name}")

    def __len__(self) -> int:
        return len(self._core)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chain) and self._core == other._core

    def __hash__(self) -> int:
        return hash(self.steps.tobytes())

    def __repr__(self) -> str:
        return f"pion.Chain({self.name!r})"

    def __reduce__(self) -> Any:
        return Chain, (self.steps.tolist(), self.name)


class Filter:
    """A chain and what the singular values are measured against, which makes a filter of it.

    chain       a Chain, or what a Chain is made of.
    normalizer  "frobenius" (||X||_F), "schatten4", "spectral" (sigma_1), "aol" or "none".
    """

    def __init__(self, chain: ChainLike, normalizer: str = "frobenius") -> None:
        self.chain = Chain(chain)
        self._core = _core.Filter(self.chain._core, normalizer)

    @property
    def normalizer(self) -> str:
        return self._core.normalizer

    def shape(self, gain: float = _core.survivor_gain) -> Dict[str, Any]:
        """What the filter does to a singular value in [0, 1], certified by interval arithmetic.

        The keys are those of `pion shape --json`: range, monotone, fixed_points, sigma_at_gain,
        cutoff, max_survivors and so on. None: there is none, or it is not decided.
        gain  above which a direction counts as a survivor.
        """
        return _core.shape(self.chain.name, self._core, gain)

    def plot(self, ax: Any = None) -> Any:
        """Draws the gain after each step over sigma, with matplotlib; returns the axes."""
        if ax is None:
            from matplotlib import pyplot

            ax = pyplot.gca()
        sigma = np.linspace(0.0, 1.0, 1001)
        for count in range(1, len(self.chain) + 1):
            done = Chain(self.chain.steps[:count].tolist())
            last = count == len(self.chain)
            ax.plot(sigma, done(sigma), label=f"after step {count}", linewidth=2 if last else 0.8)
        ax.set(xlabel="singular value", ylabel="gain", title=self.chain.name)
        ax.legend()
        return ax

    def __repr__(self) -> str:
        return f"pion.Filter({self.chain.name!r}, {self.normalizer!r})"

    def __reduce__(self) -> Any:
        return Filter, (self.chain, self.normalizer)


def core_filter(what: FilterLike) -> _core.Filter:
    """The filter that is meant. A chain alone is measured against the Frobenius norm."""
    if isinstance(what, Filter):
        return what._core
    if isinstance(what, (str, Chain)):
        return Filter(what)._core
    raise TypeError(f"the filter is a {type(what).__name__}; give a text, a Chain or a Filter")


def known_chains() -> str:
    """How the known chains are written: "muon[:steps=..], highpass:kp=..[,steps=..], ..."."""
    return _core.known_chains()


def _of_steps(steps: Any, what: str) -> _core.Chain:
    try:
        return _core.Chain([tuple(float(c) for c in step) for step in steps])
    except (TypeError, OverflowError):
        raise ValueError(f"{what} has no steps, a list of [a, b, c]") from None


def _read(path: Union[str, "os.PathLike[str]"]) -> _core.Chain:
    with open(path, encoding="utf-8") as file:
        try:
            content = json.load(file)
        except ValueError as error:
            raise ValueError(f"{path}: cannot be parsed as JSON: {error}") from None
    return _of_steps(content.get("steps") if isinstance(content, dict) else None, str(path))
