# SPDX-License-Identifier: Apache-2.0
"""What may be handed to the library, and what is said of all else.

A matrix is a NumPy array or a torch tensor. torch is not imported here: who has a tensor has it.
"""

import sys
from typing import Any, List, Sequence

import numpy as np

NUMBERS = ("float16", "bfloat16", "float32", "float64")


def is_tensor(x: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def dtype_name(x: Any) -> str:
    return str(x.dtype).replace("torch.", "")


def checked(function: str, x: Any, name: str = "x") -> Any:
    """Returns x where the library can read it: as it is, or as the tensor that a parameter holds.

    Raises TypeError where it is no array of the numbers that pion knows, and ValueError where its
    memory cannot be read.
    """
    what = f"{function}: {name}"
    if is_tensor(x):
        return _checked_tensor(what, x)
    if isinstance(x, np.ndarray):
        return _checked_array(what, x)
    raise TypeError(f"{what} is a {type(x).__name__}; give a NumPy array or a torch tensor")


def checked_out(function: str, out: Any, x: Any, name: str = "out") -> Any:
    """Returns `out` where a result that is like x can be written to it."""
    out = checked(function, out, name)
    what = f"{function}: {name}"
    if dtype_name(out) != dtype_name(x):
        raise TypeError(f"{what} has the dtype {dtype_name(out)}, and x has {dtype_name(x)}")
    if tuple(out.shape) != tuple(x.shape):
        raise ValueError(f"{what} is {shape_text(out)} and x is {shape_text(x)}")
    if isinstance(out, np.ndarray) and not out.flags.writeable:
        raise ValueError(f"{what} is read-only")
    (low, few), (high, many) = sorted(zip(_strides(out), out.shape))
    if few > 1 and many > 1 and low * (few - 1) >= high or low == 0 and few > 1:
        raise ValueError(f"{what} has entries that share memory")
    return out


def require_apart(function: str, xs: Sequence[Any], ys: Sequence[Any]) -> None:
    """Raises ValueError where ys[i] shares memory with ys[j] or xs[j], for another j."""
    seen = [(_as_array(x), "x", i) for i, x in enumerate(xs)]
    seen += [(_as_array(y), "out", i) for i, y in enumerate(ys)]
    seen.sort(key=lambda view: view[0].ctypes.data)
    reaching: List[Any] = []  # those before that end behind where this one begins
    for view, kind, i in seen:
        if view.size == 0:
            continue
        start = view.ctypes.data
        reaching = [other for other in reaching if other[0] > start]
        for _, other, other_kind, j in reaching:
            if i != j and "out" in (kind, other_kind) and np.shares_memory(view, other):
                raise ValueError(
                    f"{function}: {kind}[{i}] and {other_kind}[{j}] share memory; out[i] may share "
                    "it with x[i] alone"
                )
        reach = sum((n - 1) * s for n, s in zip(view.shape, view.strides))
        reaching.append((start + reach + view.itemsize, view, kind, i))


def result_like(x: Any) -> Any:
    """A new array of x's kind, shape and dtype, in its storage order."""
    if is_tensor(x):
        return sys.modules["torch"].empty_like(x)
    return np.empty_like(x, subok=False)


def shape_text(x: Any) -> str:
    return "x".join(str(extent) for extent in x.shape) or "a scalar"


def _as_array(x: Any) -> np.ndarray:
    """The memory of a checked matrix, as an array of items without a meaning."""
    if not is_tensor(x):
        return x

    class Memory:
        __array_interface__ = {
            "version": 3,
            "data": (x.data_ptr(), False),
            "shape": tuple(x.shape),
            "strides": tuple(stride * x.element_size() for stride in x.stride()),
            "typestr": f"|V{x.element_size()}",
        }

    return np.asarray(Memory())


def _strides(x: Any) -> Any:
    return x.stride() if is_tensor(x) else x.strides


def _require_matrix(what: str, x: Any) -> None:
    if x.ndim != 2:
        raise ValueError(f"{what} has {x.ndim} dimensions; a matrix has 2")


def _checked_array(what: str, x: np.ndarray) -> np.ndarray:
    if x.dtype.name not in NUMBERS or not x.dtype.isnative or x.dtype.kind != "f":
        kind = str(x.dtype) if x.dtype.isnative else f"{x.dtype} (of another byte order)"
        raise TypeError(f"{what} has the dtype {kind}; give float16, float32 or float64")
    _require_matrix(what, x)
    if any(stride < 0 for stride, extent in zip(x.strides, x.shape) if extent > 1):
        raise ValueError(
            f"{what} has negative strides; give a copy, numpy.ascontiguousarray({what[-1]})"
        )
    if any(stride % x.itemsize for stride in x.strides):
        raise ValueError(f"{what} has strides that are no multiple of its item size; give a copy")
    return x


def _checked_tensor(what: str, x: Any) -> Any:
    torch = sys.modules["torch"]
    if x.layout is not torch.strided:
        raise ValueError(f"{what} is a sparse tensor ({x.layout}); give x.to_dense()")
    if dtype_name(x) not in NUMBERS:
        raise TypeError(f"{what} has the dtype {x.dtype}; give {', '.join(NUMBERS)}")
    if x.device.type != "cpu":
        raise ValueError(f"{what} is on the device {x.device}; give a tensor on the CPU")
    if x.requires_grad:
        raise ValueError(f"{what} requires a gradient, which filters do not have; give x.detach()")
    if x.is_neg():
        raise ValueError(f"{what} is a negated view; give x.resolve_neg()")
    _require_matrix(what, x)
    return x
