# SPDX-License-Identifier: Apache-2.0
"""Which optimiser each parameter of a model gets."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple, Union

from pion import _core
from pion._arrays import shape_text

Assignment = Union[str, Callable[[str, Any], Optional[str]]]
FROZEN = "-"


class Route(NamedTuple):
    """What one parameter gets."""

    name: str
    shape: str
    module: str  # "vision", "language" or "action", as the name tells
    optimizer: str  # the label of its group, or "-" where it is not trained
    recipe: str  # "" where it is not trained


class Groups(List[Dict[str, Any]]):
    """Groups of parameters for Optimizer; str() is a table of what is where."""

    routes: List[Route]

    def __str__(self) -> str:
        rows = [("parameter", "shape", "module", "optimiser"), *(r[:4] for r in self.routes)]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths)) for row in rows)
        return "\n".join(line.rstrip() for line in lines)


def route(
    model: Any,
    assignment: Assignment = "muon",
    lr: Union[None, float, Dict[str, float]] = None,
    heads: Optional[int] = None,
    kv_heads: Optional[int] = None,
    kp: int = 2,
) -> Groups:
    """Groups the parameters of a model by the optimiser that each gets, for Optimizer:

        groups = pion.torch.route(model, "vla", lr={"Muon": 1e-3, "Pion": 1e-4, "AdamW": 1e-3})
        print(groups)
        optimizer = pion.torch.Optimizer(groups, "adamw")

    model       a torch.nn.Module whose layers are (out, in). A parameter that it has under two
                names is taken once, and one that does not require a gradient is left out.
    assignment  "muon": Muon on every matrix; "vla": Pion on those of the action module, Muon on
                others; "rlvr": Pion head by head on q, k, v and o, and whole on other matrices
                (Fan et al. 2026, Tables A1 and A2; fused projections whole too). All three give
                AdamW the rest: embeddings, output layers and what is not two-dimensional. The names
                tell which is which; `pion route` says it of a checkpoint with its reasons. Or a
                function of the name and the parameter that returns a recipe, such as "pion:kp=2",
                or None for what is not to be trained.
    lr          the learning rate of each optimiser by its label, or one for all; else the
                published one, where there is one.
    heads, kv_heads  for "rlvr": how many heads q and o have, and k and v where they have fewer.
    kp          how many promotion steps Pion's filter has.

    Raises ValueError for an assignment that is not known, a label that no parameter has, or a model
    without parameters.
    """
    named = list(model.named_parameters())
    if not named:
        raise ValueError("route: the model has no parameters")
    trained = [(name, p) for name, p in named if p.requires_grad]
    of_each = _found(trained, assignment, heads, kv_heads, kp)
    found = dict(zip((name for name, _ in trained), of_each))
    groups = Groups()
    groups.routes = []
    by_label: Dict[Tuple[str, str], Dict[str, Any]] = {}
    for name, p in named:
        module, label, recipe = found.get(name, ("", FROZEN, ""))
        groups.routes.append(Route(name, shape_text(p), module, label, recipe))
        if label == FROZEN:
            continue
        group = by_label.setdefault(
            (label, recipe), {"params": [], "recipe": recipe, "label": label, "names": []}
        )
        group["params"].append(p)
        group["names"].append(name)
    groups.extend(by_label.values())
    _give_rates(groups, lr)
    return groups


def heads_by_name(
    named: List[Tuple[str, Any]], heads: int, kv_heads: Optional[int]
) -> Dict[str, Tuple[int, bool]]:
    """How many heads each of q, k, v and o has, and whether they are blocks of columns."""
    found = {}
    routes = _found(named, "rlvr", heads, kv_heads, 2)
    for (name, _), (_, _, recipe) in zip(named, routes):
        options = dict(_core.recipe_named(recipe, {}).options)
        if "heads" in options:
            found[name] = (int(options["heads"]), bool(options["by_cols"]))
    return found


def _found(
    trained: List[Tuple[str, Any]],
    assignment: Assignment,
    heads: Optional[int],
    kv_heads: Optional[int],
    kp: int,
) -> List[Tuple[str, str, str]]:
    """The module, the label and the recipe of each parameter."""
    names = [name for name, _ in trained]
    shapes = [list(p.shape) for _, p in trained]
    if isinstance(assignment, str):
        return _core.route(names, shapes, assignment, heads or 0, kv_heads or heads or 0, kp)
    modules = [module for module, _, _ in _core.route(names, shapes, "muon", 0, 0, kp)]
    recipes = [assignment(name, p) for name, p in trained]
    return [(m, r or FROZEN, r or "") for m, r in zip(modules, recipes)]


def _give_rates(groups: Groups, lr: Union[None, float, Dict[str, float]]) -> None:
    labels = list(dict.fromkeys(group["label"] for group in groups))
    if isinstance(lr, dict):
        for label in lr:
            if label not in labels:
                raise ValueError(
                    f'route: no parameter has the label "{label}"; there are {", ".join(labels)}'
                )
    for group in groups:
        rate = lr.get(group["label"]) if isinstance(lr, dict) else lr
        if rate is not None:
            group["lr"] = rate
