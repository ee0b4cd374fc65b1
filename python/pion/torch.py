# SPDX-License-Identifier: Apache-2.0
"""The recipes of the library as optimisers of torch, for parameters on the CPU."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

import numpy as np
import torch

from pion import _core
from pion._arrays import NUMBERS, shape_text
from pion._filters import Chain, Filter, FilterLike, core_filter
from pion._recorder import Recorder
from pion._routing import route

__all__ = [
    "AdaMuon",
    "AdamW",
    "Moonlight",
    "Muon",
    "NorMuon",
    "Optimizer",
    "Pion",
    "Recorder",
    "SGD",
    "Scion",
    "recipe_names",
    "route",
]


class Optimizer(torch.optim.Optimizer):
    """A recipe of the library by its name, as an optimiser of torch.

    params   tensors on the CPU, of float16, bfloat16, float32 or float64, or groups of them. A
             vector counts as one column, and a tensor of more dimensions as a matrix with a row for
             each output.
             A group may have a recipe of its own, and numbers that it takes: {"params": ...,
             "recipe": "muon", "lr": 1e-3, "momentum": 0.9}.
    recipe   "muon", "pion:kp=2", "normuon", "adamw" and so on; recipe_names() lists them, and
             `pion step --list` with their numbers and states.
    lr       the learning rate; by default the published one, where there is one.
    filter   a filter in the place of the recipe's, where the recipe filters.
    tolerance  for "muon", "pion" and their kin: how far a direction may be from the exact one.
    exact    the exact polar factor in the place of a filter that stands for it.
    options  the recipe's numbers: momentum, nesterov, weight_decay, beta1, beta2, eps, scale and so
             on. in_out=1 says of a parameter that it is stored (in, out); that of a layer of torch
             is (out, in), in_out=0, also under the recipes of JAX's and Keras' optimisers.

    The state is computed in float32 (float64 for float64), whatever the parameter's dtype. A
    parameter whose gradient is None is left alone. A recipe that needs the loss ("specmuon") has it
    from the closure of step(). step() raises ValueError or TypeError in one
    line, before anything is changed, for what cannot be stepped: sparse, complex or other numbers,
    other devices, layouts that cannot be seen as a matrix.
    """

    def __init__(
        self,
        params: Iterable[Any],
        recipe: str,
        lr: Any = None,
        filter: Optional[FilterLike] = None,
        tolerance: Optional[float] = None,
        exact: bool = False,
        **options: float,
    ) -> None:
        self._exact = exact
        made = _make(recipe, filter, tolerance, exact, options)
        if ":" in recipe:
            recipe = made.base
        defaults: Dict[str, Any] = dict(made.options)
        if "nesterov" in defaults:
            defaults["nesterov"] = bool(defaults["nesterov"])
        rate = made.learning_rate if lr is None else lr
        if rate is None:
            raise ValueError(f'{type(self).__name__}: "{recipe}" has no published rate; give lr')
        self._set_up(params, recipe, rate, filter, tolerance, defaults)

    def _set_up(
        self,
        params: Any,
        recipe: str,
        lr: Any,
        filter: Any,
        tolerance: Any,
        defaults: Dict[str, Any],
    ) -> None:
        if not 0.0 <= float(lr):
            raise ValueError(f"{type(self).__name__}: the learning rate is {float(lr)}")
        self._recipe_name, self._filter, self._tolerance = recipe, filter, tolerance
        self._numbers = tuple(defaults)  # torch adds others to self.defaults
        super().__init__(params, {"lr": lr, **defaults})

    def add_param_group(self, param_group: Dict[str, Any]) -> None:
        """As torch has it; the group may have a "recipe", numbers that it takes, and "lr"."""
        if "recipe" in param_group:
            group = dict(param_group)
            text = group.pop("recipe")
            numbers = dict(_core.recipe_named(text, {}).options)
            given = {k: float(group[k]) for k in numbers if k in group}
            made = _core.recipe_named(text, given)
            if group.get("lr", made.learning_rate) is None:
                raise ValueError(
                    f'{type(self).__name__}: "{text}" has no published rate; its group needs lr'
                )
            param_group = {
                "lr": made.learning_rate,
                **dict(made.options),
                **group,
                "recipe": made.base,
                "numbers": tuple(numbers),
            }
        super().add_param_group(param_group)

    def _group_recipe(self, group: Dict[str, Any]) -> _core.Recipe:
        """The recipe with the numbers that the group has now; a scheduler may have changed them."""
        if "recipe" in group:
            options = {k: float(group[k]) for k in group["numbers"]}
            key = (group["recipe"], tuple(options.items()))
            return self._kept_recipe(key, lambda: _core.recipe_named(group["recipe"], options))
        return self._recipe(group)

    def _recipe(self, group: Dict[str, Any]) -> _core.Recipe:
        options = {k: float(group[k]) for k in self._numbers}
        return self._made(self._recipe_name, self._filter, options)

    def _made(self, name: str, filter: Any, options: Dict[str, float]) -> _core.Recipe:
        return self._kept_recipe(
            (name, filter, tuple(options.items())),
            lambda: _make(name, filter, self._tolerance, self._exact, options),
        )

    def _kept_recipe(self, key: Any, make: Callable[[], _core.Recipe]) -> _core.Recipe:
        recipes = self.__dict__.setdefault("_recipes", {})
        if key not in recipes:
            recipes[key] = make()
        return recipes[key]

    @torch.no_grad()
    def step(self, closure: Optional[Callable[[], Any]] = None) -> Any:
        """Steps each parameter that has a gradient; returns what the closure does.

        Where a gradient is not finite, its parameter and state are left as they were, the others
        are stepped, and ValueError says so.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        recipes = [self._group_recipe(group) for group in self.param_groups]
        needed = any(recipe.needs_loss for recipe in recipes)
        if needed and loss is None:
            raise ValueError(f"{type(self).__name__}: the recipe needs the loss; give a closure")
        ready = [self._ready(group, i) for i, group in enumerate(self.param_groups)]
        memory = self.__dict__.setdefault("_memory", _core.StepMemory())
        refused: List[str] = []
        seen = float(loss) if needed else None
        for recipe, names, *call in ready:
            outcomes = _core.step_all(recipe, *call, memory, seen)
            refused += [f"{name}: {_OUTCOMES[o]}" for name, o in zip(names, outcomes) if o]
        if refused:
            more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
            raise ValueError(f"{type(self).__name__}: {refused[0]}; it is as it was{more}")
        return loss

    def _ready(self, group: Dict[str, Any], number: int) -> Tuple[Any, ...]:
        """The matrices of a group that are to be stepped, once all have been looked at."""
        recipe = self._group_recipe(group)
        found: Tuple[List[Any], ...] = ([], [], [], [])
        for i, p in enumerate(group["params"]):
            if p.grad is None:
                continue
            name = f"parameter {i} of group {number} ({shape_text(p)})"
            if "names" in group:
                name = f"{group['names'][i]} ({shape_text(p)})"
            what = f"{type(self).__name__}: {name}"
            matrix = _matrix(what, p)
            gradient = _matrix(f"{what}, its gradient", p.grad)
            if gradient.shape != matrix.shape:
                raise ValueError(f"{what}: its gradient is {shape_text(p.grad)}")
            gradient = gradient.to(p.dtype)  # another one where the parameter's grad_dtype says so
            for into, value in zip(found, (name, matrix, gradient)):
                into.append(value)
            found[3].append(self._state(what, recipe, p, matrix))
        names, matrices, gradients, states = found
        rate = float(group["lr"])
        if not 0.0 <= rate < float("inf"):
            raise ValueError(
                f"{type(self).__name__}: the learning rate of group {number} is {rate}; it must be "
                "finite and not negative"
            )
        return (recipe, names, matrices, gradients, rate, states)

    def _state(
        self, what: str, recipe: _core.Recipe, p: torch.Tensor, matrix: torch.Tensor
    ) -> _core.State:
        kept = self.state[p]
        made_for = (tuple(matrix.shape), p.dtype == torch.float64)
        if isinstance(kept.get("state"), _core.State):
            if kept["made_for"] != made_for:
                raise ValueError(
                    f"{what}: its shape or dtype has changed since its first step; make a new "
                    "optimizer for the new parameter"
                )
            return kept["state"]
        state = recipe.initial_state(*made_for[0], made_for[1])
        if kept:  # loaded
            if "recipe" not in kept:
                raise ValueError(f"{type(self).__name__}: the state is not of pion.torch")
            state.read({k: v.numpy() if torch.is_tensor(v) else v for k, v in kept.items()})
            kept.clear()
        kept.update(state=state, made_for=made_for)
        return state

    def _tensors(self) -> Dict[torch.Tensor, Dict[str, Any]]:
        """The state of each parameter as tensors, numbers and a text."""
        return {
            p: _as_tensors(kept["state"].to_dict()) if "state" in kept else dict(kept)
            for p, kept in self.state.items()
        }

    def state_dict(self) -> Dict[str, Any]:
        """A copy of the state, in tensors: torch.save() and torch.load() take it anywhere."""
        inside = self.state
        self.state = self._tensors()  # type: ignore[assignment]
        try:
            return super().state_dict()
        finally:
            self.state = inside

    def load_state_dict(self, state_dict: Dict[str, Any]) -> None:
        """Takes a state of the same recipe. The next step says what is wrong with it.

        Raises ValueError, before anything is changed, if a group lacks a number of this recipe.
        """
        for i, group in enumerate(state_dict["param_groups"]):
            missing = [k for k in ("lr", *group.get("numbers", self._numbers)) if k not in group]
            if missing:
                raise ValueError(
                    f'{type(self).__name__}: group {i} of the state has no "{missing[0]}": it is '
                    "of another recipe"
                )
        super().load_state_dict(state_dict)
        # torch has turned the tensors to the parameter's dtype; ours have one of their own.
        saved = state_dict["state"]
        theirs = [i for group in state_dict["param_groups"] for i in group["params"]]
        ours = [p for group in self.param_groups for p in group["params"]]
        for i, p in zip(theirs, ours):
            if i in saved:
                self.state[p] = {
                    k: v.detach().clone() if torch.is_tensor(v) else v for k, v in saved[i].items()
                }

    def __getstate__(self) -> Dict[str, Any]:
        return {
            **super().__getstate__(),
            "state": self._tensors(),
            **{k: getattr(self, k) for k in _KEPT},
        }


class Muon(Optimizer):
    """torch.optim.Muon, with the same arguments and the same results.

    The filter is computed in float32 (float64 for float64), where torch computes it in bfloat16:
    that rounding is what the results differ by. eps has no use here: a matrix is divided by its own
    norm however small that is.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: Tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: Optional[str] = None,
        tolerance: Optional[float] = None,
    ) -> None:
        if adjust_lr_fn not in _ADJUSTED:
            raise ValueError(
                f'Muon: adjust_lr_fn is {adjust_lr_fn!r}; there are "original", "match_rms_adamw", '
                '"spectral_unclamped"'
            )
        defaults = {
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        self._tolerance, self._exact = tolerance, False
        self._recipe(defaults)
        self._set_up(params, "muon_torch", lr, None, tolerance, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        f"Muon: a parameter is {shape_text(p)}; give those of 2 dimensions"
                    )

    def _recipe(self, group: Dict[str, Any]) -> _core.Recipe:
        options = {k: float(group[k]) for k in ("weight_decay", "momentum", "nesterov")}
        steps = (tuple(group["ns_coefficients"]),) * group["ns_steps"]
        return self._made(_ADJUSTED[group["adjust_lr_fn"]], steps, options)


class Pion(Optimizer):
    """Pion (Fan et al. 2026, Alg. 2): the high-pass of the momentum, which drops what is noise.

    kp         how many promotion steps the filter has; more lowers its cutoff.
    tolerance  as in Optimizer: from some 1000 rows on it makes a step many times faster.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-4,
        kp: int = 2,
        momentum: float = 0.95,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        tolerance: Optional[float] = None,
    ) -> None:
        super().__init__(
            params,
            "pion",
            lr,
            f"highpass:kp={kp}",
            tolerance,
            momentum=momentum,
            nesterov=nesterov,
            weight_decay=weight_decay,
        )


class Moonlight(Optimizer):
    """Moonlight's Muon (Liu et al. 2025): heavy ball, .2 sqrt(max), with AdamW's rates."""

    def __init__(self, params: Iterable[Any], lr: Any = 1e-3, **options: Any) -> None:
        super().__init__(params, "moonlight", lr, **options)


class NorMuon(Optimizer):
    """NorMuon (Li et al. 2025), as its code has it."""

    def __init__(self, params: Iterable[Any], lr: Any = 0.02, **options: Any) -> None:
        super().__init__(params, "normuon", lr, **options)


class AdaMuon(Optimizer):
    """AdaMuon (Si et al. 2025)."""

    def __init__(self, params: Iterable[Any], lr: Any = 6e-4, **options: Any) -> None:
        super().__init__(params, "adamuon", lr, **options)


class Scion(Optimizer):
    """Scion for hidden layers (Pethick et al. 2025); scale is the radius."""

    def __init__(self, params: Iterable[Any], lr: Any = 1e-3, **options: Any) -> None:
        super().__init__(params, "scion", lr, **options)


class AdamW(Optimizer):
    """AdamW (Loshchilov and Hutter 2019), with the numbers of torch.optim.AdamW."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: Tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(
            params, "adamw", lr, beta1=betas[0], beta2=betas[1], eps=eps, weight_decay=weight_decay
        )


class SGD(Optimizer):
    """SGD as torch.optim.SGD has it; the decay goes through the gradient."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params, "sgd", lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov
        )


def recipe_names() -> List[str]:
    """The names that Optimizer takes."""
    return _core.recipe_names()


_KEPT = ("_recipe_name", "_filter", "_tolerance", "_exact", "_numbers")
_OUTCOMES = {1: "its gradient is not finite", 2: "the step would leave an entry that is not finite"}
_ADJUSTED = {
    None: "muon_torch",
    "original": "muon_torch",
    "match_rms_adamw": "muon_torch_rms",
    "spectral_unclamped": "muon_torch_spectral",
}


def _make(
    name: str, filter: Any, tolerance: Optional[float], exact: bool, options: Any
) -> _core.Recipe:
    if ":" in name:
        if filter is not None or tolerance is not None or exact:
            raise ValueError(
                f'"{name}": say the filter, the tolerance and exact in the recipe\'s text, or give '
                "its name alone"
            )
        return _core.recipe_named(name, {k: float(v) for k, v in options.items()})
    if isinstance(filter, tuple):
        filter = Chain([list(step) for step in filter])
    core = None if filter is None else core_filter(filter)
    return _core.recipe(name, {k: float(v) for k, v in options.items()}, core, tolerance, exact)


def _as_tensors(state: Dict[str, Any]) -> Dict[str, Any]:
    return {k: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in state.items()}


def _matrix(what: str, x: torch.Tensor) -> torch.Tensor:
    """The memory of a parameter or a gradient, seen as a matrix."""
    if x.layout is not torch.strided:
        raise ValueError(f"{what} is sparse ({x.layout}); give a dense one")
    if str(x.dtype).replace("torch.", "") not in NUMBERS:
        raise TypeError(f"{what} has the dtype {x.dtype}; give {', '.join(NUMBERS)}")
    if x.device.type != "cpu":
        raise ValueError(f"{what} is on the device {x.device}; give one on the CPU")
    x = x.detach()
    if x.ndim == 2:
        return x
    try:
        return x.view(x.shape[0], -1) if x.numel() and x.ndim else x.view(-1, 1)
    except RuntimeError:
        raise ValueError(
            f"{what} does not lie in memory like a matrix; make it contiguous"
        ) from None
