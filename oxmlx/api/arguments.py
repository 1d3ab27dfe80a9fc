"""Arguments of transformed functions: choose some of them, flatten, check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.dtypes import float0, is_complex, is_inexact
from oxmlx.errors import ArgumentError, GradientError, ShapeError
from oxmlx.ir.aval import Aval
from oxmlx.ir.trace import check_around
from oxmlx.ir.value import Value
from oxmlx.ops.axes import zeros_like
from oxmlx.ops.convert import NUMBERS, as_value, cast


def flatten_values(x: Any, who: str) -> tuple[list[Any], tree.PyTreeDef]:
    """The leaves of a pytree as values.

    Raises:
        ArgumentError: a leaf is neither an array nor a number; the text names its path.
        LeakedTracerError: a leaf outlived the transformation that made it.
    """
    leaves, treedef = tree.flatten(x)
    return as_values(leaves, treedef, [True] * len(leaves), who), treedef


def as_values(
    leaves: Sequence[Any], treedef: tree.PyTreeDef, wanted: Sequence[bool], who: str
) -> list[Any]:
    """The leaves with those that are `wanted` as values; errors as of `flatten_values`."""
    pairs = list(zip(leaves, wanted, strict=True))
    check_around(leaves, who)
    try:
        return [as_value(x, who) if w and not isinstance(x, Value) else x for x, w in pairs]
    except ArgumentError as e:
        paths = [path for path, _ in tree.leaves_with_path(treedef.unflatten(leaves))]
        for (leaf, w), path in zip(pairs, paths, strict=True):
            if w and not isinstance(leaf, (Value, *NUMBERS, np.ndarray, np.generic)):
                place = tree.keystr(path)
                raise ArgumentError(who, f"at {place}: {e.problem}", e.advice) from None
        raise


def fix_others(
    fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], nums: Sequence[int]
) -> Callable[..., Any]:
    """The function of the chosen arguments alone."""
    if tuple(nums) == tuple(range(len(args))) and not kwargs:
        return fun

    def chosen(*xs: Any) -> Any:
        every = list(args)
        for k, x in zip(nums, xs, strict=True):
            every[k] = x
        return fun(*every, **kwargs)

    return chosen


def is_index(x: Any) -> bool:
    """Whether `x` is one integer, Python's or NumPy's."""
    return hasattr(x, "__index__")


def positions(who: str, argnums: int | Sequence[int], count: int) -> tuple[int, ...]:
    """Argument numbers in [0, count).

    Raises:
        ArgumentError: a number is out of range, or given twice.
    """
    given: Any = argnums
    nums: tuple[Any, ...] = (given,) if is_index(given) else tuple(given)
    if any(not is_index(n) or not -count <= n < count for n in nums):
        problem = f"argnums must name some of the {count} positional arguments, got {argnums}"
        raise ArgumentError(
            who,
            problem,
            "Numbers count positional arguments from 0; name keyword arguments in argnames=.",
        )
    out = tuple(index(n) % count for n in nums)
    if len(set(out)) != len(out):
        raise ArgumentError(
            who, f"argnums must be distinct, got {argnums}", "Name each argument once."
        )
    return out


def check_differentiable(who: str, x: Any, path: Any, holomorphic: bool, allow_int: bool) -> None:
    """Refuse to differentiate with respect to integers, or complex numbers without saying so."""
    dtype = x.dtype
    place = f"argument {tree.keystr(path)}" if path else "the argument"
    if not is_inexact(dtype):
        if allow_int and dtype.kind in "biu":
            return
        raise GradientError(
            who,
            f"{place} must be of floating dtype, got {x.aval}",
            "Convert it with .astype(ox.float32), or pass allow_int=True for float0 zeros.",
        )
    if holomorphic and not is_complex(dtype):
        raise GradientError(
            who,
            f"holomorphic=True needs complex arguments, got {x.aval} at {place}",
            "Convert it with .astype(ox.complex64), or leave holomorphic out.",
        )


def check_holomorphic(who: str, aval: Aval, holomorphic: bool) -> None:
    """Refuse a complex output unless the function is holomorphic, and then any other."""
    if is_complex(aval.dtype) == holomorphic:
        return
    wanted = "a real number"
    advice = "Pass holomorphic=True if it is holomorphic, or take the real part."
    if holomorphic:
        wanted, advice = "a complex number", "A real function needs no holomorphic=True."
    raise GradientError(who, f"the function must return {wanted}, got {aval}", advice)


def show_float0(ct: Any, aval: Aval) -> Any:
    """A derivative as the API shows it, of the type of its value: zeros for `None`, float0 zeros
    for an integer."""
    if not is_inexact(aval.dtype):
        return np.zeros(aval.shape, float0)
    return cast(zeros_like(aval) if ct is None else ct, aval.dtype, aval.weak)


def as_tangents(who: str, what: str, xs: Sequence[Any], avals: Sequence[Aval]) -> list[Any]:
    """Tangents (or cotangents) given by the user, checked against their values' types; `None` for
    values of integer dtype.

    Raises:
        ShapeError: a shape differs.
        GradientError: a dtype differs.
    """
    out: list[Any] = []
    for x, aval in zip(xs, avals, strict=True):
        if not is_inexact(aval.dtype):
            if getattr(x, "dtype", None) != float0:
                raise GradientError(
                    who,
                    f"the {what} of a value of type {aval} must be of dtype float0, got {x!r:.80}",
                    "It says nothing: pass numpy.zeros(shape, ox.float0), or make the value a "
                    "float.",
                )
            out.append(None)
            continue
        x = as_value(x, who)
        if x.aval.shape != aval.shape:
            raise ShapeError(
                who,
                f"a {what} must have the shape of its value {aval}, got {x.aval}",
                "Broadcast or reshape it to that shape.",
            )
        if x.dtype != aval.dtype and not x.weak_type:
            raise GradientError(
                who,
                f"a {what} must have the dtype of its value {aval}, got {x.aval}",
                f"Convert it with .astype(ox.{aval.dtype.name}).",
            )
        out.append(cast(x, aval.dtype))
    return out
