# SPDX-License-Identifier: Apache-2.0
"""Filters applied to matrices."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple, Union

from pion import _core
from pion._arrays import checked, checked_out, dtype_name, require_apart, result_like
from pion._filters import FilterLike, core_filter
from pion._numbers import names_wrong_numbers

HeadsLike = Union[int, Tuple[int, str]]


@names_wrong_numbers
def apply(
    x: Any,
    filter: FilterLike,
    tolerance: Optional[float] = None,
    heads: Optional[HeadsLike] = None,
    out: Any = None,
) -> Any:
    """Returns U f(S) V^T for x = U S V^T: a NumPy array for an array, a tensor for a tensor.

    x          m x n, float16, bfloat16 (torch), float32 or float64, with any strides that are not
               negative. The 16-bit types are computed in float32.
    filter     a text such as "highpass:kp=2" or "@file.json", a Chain or a Filter.
    tolerance  what ||y - f(x)||_F may be. Where few directions pass, the result is found many times
               faster; the bound holds but for a chance of 1e-6.
    heads      how many heads x has, each filtered by itself: 8 or (8, "rows") for blocks of rows,
               (8, "cols") for blocks of columns.
    out        where the result goes, of x's shape and dtype; it may be x. It is written last, or
               not at all, and returned.

    Raises ValueError or TypeError with one line that names what is wrong; nothing is changed then.
    Other Python threads run meanwhile. Ctrl-C is heard when the call ends.
    """
    x = checked("apply", x)
    y = result_like(x) if out is None else checked_out("apply", out, x)
    f = core_filter(filter)
    if heads is None:
        _core.apply(f, x, y, tolerance)
    elif tolerance is None:
        _core.apply_per_head(f, x, y, *_heads(heads))
    else:
        raise ValueError("apply: heads are filtered exactly; give heads or a tolerance")
    return y


@names_wrong_numbers
def apply_batch(
    xs: Sequence[Any],
    filter: FilterLike,
    tolerance: Optional[float] = None,
    out: Optional[Sequence[Any]] = None,
) -> List[Any]:
    """apply() of each matrix of a list, to the last bit, on all cores. All have one dtype.

    out  a list of as many matrices; out[i] may share memory with xs[i], and with no other.

    A matrix that is refused (for a NaN, say) is named by its number; the others are done then, if
    `out` is given. Wrong dtypes, shapes and strides are refused before anything is done.
    """
    xs = [checked("apply_batch", x, f"x[{i}]") for i, x in enumerate(xs)]
    for i, x in enumerate(xs):
        if dtype_name(x) != dtype_name(xs[0]):
            raise TypeError(
                f"apply_batch: x[{i}] has the dtype {dtype_name(x)}, and x[0] has "
                f"{dtype_name(xs[0])}; filter a list for each dtype"
            )
    if out is None:
        ys = [result_like(x) for x in xs]
    elif len(out) != len(xs):
        raise ValueError(f"apply_batch: {len(xs)} matrices in, {len(out)} out")
    else:
        ys = [
            checked_out("apply_batch", y, x, f"out[{i}]") for i, (x, y) in enumerate(zip(xs, out))
        ]
        require_apart("apply_batch", xs, ys)
    _core.apply_batch(core_filter(filter), xs, ys, tolerance)
    return ys


@names_wrong_numbers
def polar(
    x: Any,
    rank: Optional[int] = None,
    above: Union[float, str, None] = None,
    tolerance: Optional[float] = None,
    out: Any = None,
) -> Any:
    """Returns U_k V_k^T of the leading singular directions of x: gain 1 for them, 0 for the rest.

    rank       the so many largest.
    above      a number tau: those with sigma >= tau ||x||_F; or "noise": those that stand out of
               the noise, at least the strongest.
    tolerance  what the error's Frobenius norm may be. Without, or where it cannot be proved, a full
               SVD is computed.
    """
    x = checked("polar", x)
    y = result_like(x) if out is None else checked_out("polar", out, x)
    if (rank is None) == (above is None):
        raise ValueError("polar: give rank or above, one of the two")
    if rank is not None:
        _core.polar_leading(x, y, rank, tolerance)
    elif above == "noise":
        _core.polar_above_noise(x, y, tolerance)
    elif isinstance(above, str):
        raise ValueError(f'polar: above is a number or "noise", and not {above!r}')
    else:
        _core.polar_at_least(x, y, above, tolerance)
    return y


@names_wrong_numbers
def plan(
    filter: FilterLike,
    rows: int,
    cols: int,
    dtype: Any = "float32",
    tolerance: Optional[float] = None,
) -> _core.Plan:
    """What apply() does with a rows x cols matrix, before it sees any: method, cost and memory.

    dtype  a name such as "float32", or a dtype of NumPy or torch.
    """
    text = getattr(dtype, "__name__", None) or str(dtype).replace("torch.", "")
    return _core.plan(core_filter(filter), rows, cols, text, tolerance)


def _heads(heads: HeadsLike) -> Tuple[int, bool]:
    count, axis = heads if isinstance(heads, tuple) else (heads, "rows")
    if axis not in ("rows", "cols"):
        raise ValueError(f'apply: the axis of heads is "rows" or "cols", and not {axis!r}')
    return count, axis == "rows"
