# SPDX-License-Identifier: Apache-2.0
"""One line for a number that is none, where the compiled part would print all that it takes."""

from __future__ import annotations

import functools
import inspect
import numbers
import re
from typing import Any, Callable, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

_KINDS = {"int": (numbers.Integral, "a whole number"), "float": (numbers.Real, "a number")}


def names_wrong_numbers(function: Function) -> Function:
    """Has a TypeError of `function` name the argument that should be an int or a float.

    The annotations say which should; a call that succeeds costs nothing more.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError:
            wrong = _wrong_number(function, args, kwargs)
            if wrong:
                raise TypeError(f"{function.__name__}: {wrong}") from None
            raise

    return cast(Function, call)


def _wrong_number(function: Callable[..., Any], args: Any, kwargs: Any) -> str:
    try:
        given = inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError:
        return ""
    for name, value in given.items():
        text = str(function.__annotations__.get(name, ""))
        match = re.fullmatch(r"(Optional\[)?(int|float)\]?( \| None)?", text)
        if match is None or (value is None and text != match.group(2)):
            continue
        kind, called = _KINDS[match.group(2)]
        if not isinstance(value, kind):
            return f"{name} is {value!r}; it must be {called}"
    return ""
