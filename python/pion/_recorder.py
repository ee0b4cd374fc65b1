# SPDX-License-Identifier: Apache-2.0
"""What the layers of a model look like while it is trained, in a file."""

from __future__ import annotations

import fnmatch
import math
import warnings
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
import torch

from pion import _core
from pion._arrays import NUMBERS, dtype_name, shape_text
from pion._diagnostics import effective_rank
from pion._filters import core_filter
from pion._routing import heads_by_name
from pion._run_file import Path, RunFile

# From here on a sketch is cheaper than the exact values (docs/performance.md, Sketched).
SKETCHED_FROM = 2049
PROMOTIONS = (0, 1, 2, 3, 4)
# Where optimisers of torch and of this library keep the momentum.
MOMENTA = ("momentum_buffer", "exp_avg", "momentum")

Optimizers = Union[torch.optim.Optimizer, Sequence[torch.optim.Optimizer]]


class Recorder:
    """Measures the layers of a model while it is trained, and appends what it finds to a file:

        recorder = pion.torch.Recorder(model, optimizer, "run.jsonl", every=50)

    and nothing else in the program changes.

    optimizer  what steps the model, or a list of such.
    path       a file of JSON lines. Where it is there already, the run goes on in it.
    every      measures at the steps 0, every, 2 every and so on, each time after step().
    within     how exact the effective rank of a matrix with more than 2048 rows and columns is,
               relative to it. Such a one is sketched, which shows no more of it. None: all exact.
    layers     patterns of the names of the parameters to be measured, "*.mlp.*"; by default all.
    heads, kv_heads  how many heads the projections q and o have, and k and v where they have fewer:
               the names tell which these are. By default heads are not looked at.
    step       how many steps the model has had. By default those that the file tells of.

    A layer is a parameter with two or more dimensions that one of the optimisers steps; with more
    than two it is a matrix with a row for each output. Measured of it are, by the keys of the file:

    of, erank, s1, survivors  the momentum, where the optimiser keeps one of the parameter's shape,
               else the gradient ("of"): its effective rank, sigma_1 / ||X||_F, and how many
               directions highpass:kp=0 to kp=4 pass with a gain above 1e-6. Of a sketch there is
               the effective rank alone, an interval [low, high] as effective_rank() has it.
    snr, micro_batches  the signal-to-noise ratio of the gradient of a micro-batch, as snr() has it.
               A micro-batch is a call of backward(): all calls between two steps are samples, and
               two of them are needed. What is done to p.grad afterwards does not matter.
    head_norms, head_updates  ||head||_F of the weight, and of what became of it since step `since`,
               at which the recorder was made.
    problem    why there are no numbers: a value is not finite, the gradient is sparse.

    Training is the same to the last bit. A layer whose gradient is None has no line. Memory: for
    the measured steps, one float32 copy of the gradients. Where the file cannot be written,
    a warning says so and recording ends. Of many ranks let one record.

    Raises ValueError where there is nothing to be recorded, the file is another one, or heads do
    not divide a matrix.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: Optimizers,
        path: Path = "run.jsonl",
        every: int = 50,
        within: Optional[float] = 0.02,
        layers: Optional[Sequence[str]] = None,
        heads: Optional[int] = None,
        kv_heads: Optional[int] = None,
        step: Optional[int] = None,
    ) -> None:
        if every < 1:
            raise ValueError(f"Recorder: every is {every}; give 1 or more")
        if within is not None and not within > 0.0:
            raise ValueError(f"Recorder: within is {within}; give a positive number or None")
        if step is not None and step < 0:
            raise ValueError(f"Recorder: step is {step}; give 0 or more")
        self._every, self._within = every, within
        self._handles: List[Any] = []
        self._ended = False
        by_optimizer = _layers_of(model, _as_list(optimizer), layers, heads, kv_heads)
        about = {
            "pion": _core.__version__,
            "every": every,
            "within": within,
            "gain": _core.survivor_gain,
            "kp": PROMOTIONS,
        }
        self._file = RunFile(path, step, about)
        self._stepped = [_Stepped(self._file.step) for _ in by_optimizer]
        for stepped, (stepper, own) in zip(self._stepped, by_optimizer):
            self._attach(stepped, stepper, own)

    @property
    def step(self) -> int:
        """How many steps the model has had; a checkpoint may keep it."""
        return max(stepped.count for stepped in self._stepped)

    def close(self) -> None:
        """Ends the recording. What is in the file stays."""
        self._end()
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _end(self) -> None:
        self._ended = True
        self._file.close()

    def _is_due(self, stepped: _Stepped) -> bool:
        return not self._ended and stepped.count % self._every == 0

    def _attach(self, stepped: _Stepped, optimizer: Any, layers: List[_Layer]) -> None:
        def arrived(layer: _Layer) -> Any:
            @torch.utils.hooks.unserializable_hook
            def hook(gradient: torch.Tensor) -> None:
                if self._is_due(stepped):
                    layer.samples.add(gradient)

            return hook

        def after(*_: Any) -> None:
            if self._is_due(stepped):
                self._record(stepped.count, optimizer, layers)
            stepped.count += 1

        for layer in layers:
            layer.since = stepped.count
            self._handles.append(layer.parameter.register_hook(arrived(layer)))
        self._handles.append(optimizer.register_step_post_hook(after))

    @torch.no_grad()
    def _record(self, step: int, optimizer: Any, layers: List[_Layer]) -> None:
        try:
            for layer in layers:
                if layer.parameter.grad is not None:
                    self._file.append({"step": step, **layer.look(optimizer, self._within)})
                layer.samples = _Samples()
        except OSError as error:
            self._end()  # torch goes through the hooks just now; they stay
            warnings.warn(f"Recorder: {error}; the recording has ended", stacklevel=2)


class _Stepped:
    """How often an optimiser has stepped."""

    def __init__(self, count: int) -> None:
        self.count = count


class _Samples:
    """The mean of micro-batches' gradients, and how far they are from it: Welford's update, as
    SnrSamples of pion/diagnostics/snr.hpp has it."""

    def __init__(self) -> None:
        self.count, self.squares = 0, 0.0
        self.mean: Any = None

    @torch.no_grad()
    def add(self, gradient: torch.Tensor) -> None:
        if gradient.layout is not torch.strided:
            return
        wide = torch.float64 if gradient.dtype == torch.float64 else torch.float32
        g = gradient.detach().to(wide)
        self.count += 1
        if self.mean is None:
            self.mean = g.clone()
            return
        away = g - self.mean
        self.mean += away / self.count
        self.squares += (self.count - 1) / self.count * _square(away)

    def ratio(self) -> Optional[float]:
        """Nothing from fewer than two samples, or where it is infinite or none."""
        if self.count < 2:
            return None
        noise = self.squares / (self.count - 1)
        signal = _square(self.mean) - noise / self.count
        if not (0.0 < noise < math.inf and math.isfinite(signal)):
            return None
        return max(signal, 0.0) / noise


class _Layer:
    """A parameter, and what is kept of it between two steps."""

    def __init__(self, name: str, parameter: Any, heads: Optional[Tuple[int, bool]]) -> None:
        self.name, self.parameter, self.heads = name, parameter, heads
        self.samples = _Samples()
        self.since = 0
        self.start = None if heads is None else parameter.detach().clone()
        if heads is not None:
            self._head_norms(parameter)

    def look(self, optimizer: Any, within: Optional[float]) -> Dict[str, Any]:
        """All that is measured of the layer, by the keys of the file."""
        of, x = "momentum", _momentum(optimizer, self.parameter)
        if x is None:
            of, x = "gradient", self.parameter.grad
        found = {"layer": self.name, "shape": list(_matrix(self.parameter).shape), "of": of}
        try:
            if x.layout is not torch.strided:
                raise ValueError(f"the {of} is sparse")
            found.update(_numbers(_matrix(x).cpu(), within))
        except ValueError as error:
            found["problem"] = str(error)
        found.update(snr=self.samples.ratio(), micro_batches=self.samples.count)
        if self.start is not None:
            found["head_norms"] = self._head_norms(self.parameter)
            found["head_updates"] = self._head_norms(self.parameter - self.start)
            found["since"] = self.since
        return found

    def _head_norms(self, x: Any) -> List[Optional[float]]:
        count, by_cols = self.heads  # type: ignore[misc]
        matrix = _matrix(x).T if by_cols else _matrix(x)
        if len(matrix) % count:
            axis = "columns" if by_cols else "rows"
            raise ValueError(
                f"Recorder: {self.name} ({shape_text(self.parameter)}): its {axis} do not divide "
                f"into {count} heads"
            )
        norms = (math.sqrt(_square(head)) for head in matrix.chunk(count))
        return [norm if math.isfinite(norm) else None for norm in norms]


def _as_list(optimizer: Optimizers) -> List[Any]:
    return [optimizer] if isinstance(optimizer, torch.optim.Optimizer) else list(optimizer)


def _layers_of(
    model: Any,
    optimizers: List[Any],
    patterns: Optional[Sequence[str]],
    heads: Optional[int],
    kv_heads: Optional[int],
) -> List[Tuple[Any, List[_Layer]]]:
    """Each optimiser with the layers that it steps."""
    fit = [
        (name, p)
        for name, p in model.named_parameters()
        if p.ndim >= 2 and p.numel() and p.requires_grad and dtype_name(p) in NUMBERS
        if patterns is None or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    ]
    known = {} if heads is None else heads_by_name(fit, heads, kv_heads)
    left = {p: _Layer(name, p, known.get(name)) for name, p in fit}
    found = []
    for optimizer in optimizers:
        own = [p for group in optimizer.param_groups for p in group["params"]]
        found.append((optimizer, [left.pop(p) for p in own if p in left]))
    if not any(layers for _, layers in found):
        raise ValueError(
            "Recorder: there is nothing to be recorded: no optimiser steps a parameter of the "
            "model that has two dimensions, requires a gradient and is meant by layers"
        )
    return found


def _momentum(optimizer: Any, p: torch.Tensor) -> Any:
    """The momentum that the optimiser keeps of a parameter; None if it keeps none of its shape."""
    kept = optimizer.state.get(p, {})
    if isinstance(kept.get("state"), _core.State):
        kept = kept["state"].to_dict()
    for key in MOMENTA:
        m = kept.get(key)
        if isinstance(m, np.ndarray):
            m = torch.from_numpy(m)
        if torch.is_tensor(m) and m.ndim >= 2 and _matrix(m).shape == _matrix(p).shape:
            return m
    return None


def _matrix(x: torch.Tensor) -> torch.Tensor:
    return x.detach().reshape(len(x), -1) if x.layout is torch.strided else x


def _square(x: torch.Tensor) -> float:
    """||x||_F^2, added up in float64."""
    return float(torch.linalg.vector_norm(x, dtype=torch.float64)) ** 2


_HIGH_PASS = [core_filter(f"highpass:kp={kp}") for kp in PROMOTIONS]


def _numbers(x: torch.Tensor, within: Optional[float]) -> Dict[str, Any]:
    """The measures of a matrix; of one that is sketched the effective rank, as an interval."""
    if within is not None and min(x.shape) >= SKETCHED_FROM:
        return {"erank": effective_rank(x, within=within)}
    spectrum = _core.spectrum(x)
    return {
        "erank": spectrum.effective_rank(),
        "s1": spectrum.concentration(),
        "survivors": [spectrum._survivors(f, _core.survivor_gain) for f in _HIGH_PASS],
    }
