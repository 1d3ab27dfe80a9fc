"""Choosing between elements of several arrays."""

from __future__ import annotations

from functools import reduce
from typing import Any

from oxmlx.errors import ArgumentError, DtypeError
from oxmlx.ir.aval import get_aval
from oxmlx.ir.trace import bind
from oxmlx.lax.arguments import (
    Array,
    ArrayLike,
    arrays,
    check,
    listed,
    same_dtype,
    same_shape,
    value,
)
from oxmlx.ops import logic
from oxmlx.ops.math import constant
from oxmlx.ops.select import Clamp
from oxmlx.ops.select import select as choose


def select(pred: ArrayLike, on_true: ArrayLike, on_false: ArrayLike) -> Array:
    """`on_true` where `pred` holds, else `on_false`.

    Args:
        pred: a bool array of the shape of the others, or of rank 0.
        on_true, on_false: arrays of one shape and dtype.

    Raises:
        ShapeError: shapes that differ.
        DtypeError: dtypes that differ, or a `pred` that is not bool.

    >>> import oxmlx as ox
    >>> x = ox.array([1.0, -2.0])
    >>> ox.lax.select(x > 0, x, -10 * x)
    array([ 1., 20.], dtype=float32)
    """
    return select_cases("lax.select", pred, (on_false, on_true))


def select_n(which: ArrayLike, *cases: ArrayLike) -> Array:
    """The elements of `cases[which]`; an integer outside chooses the first or the last case.

    Args:
        which: an int32 array (or a bool one, for two cases) of the shape of the cases or of rank 0.
        cases: arrays of one shape and dtype.

    Raises:
        ShapeError: shapes that differ.
        DtypeError: dtypes that differ, or a `which` of neither dtype.
        ArgumentError: no cases, or more than two for a bool.

    >>> import oxmlx as ox
    >>> x = ox.array([1.0, 2.0, 3.0])
    >>> ox.lax.select_n(ox.array([0, 2, 1]), x, 10 * x, 100 * x)
    array([  1., 200.,  30.], dtype=float32)
    """
    return select_cases("lax.select_n", which, cases)


def select_cases(who: str, which: Any, cases: tuple[Any, ...]) -> Any:
    """The elements of the cases that `which` says."""
    which = value(which, who)
    is_bool = which.dtype.kind == "b"
    if not cases or (is_bool and len(cases) > 2):
        problem = f"got {len(cases)} cases for a `which` of {which.aval}"
        raise ArgumentError(who, problem, "Wanted two for a bool, one at least for an integer.")
    if which.dtype.kind not in "bi" or which.dtype.itemsize not in (1, 4):
        raise DtypeError(
            who,
            f"the choice must be bool or int32, got {which.aval}",
            "Compare it with something, or convert it with .astype(ox.int32).",
        )
    xs = arrays(who, *cases)
    same_shape(who, *xs)
    shape = xs[0].shape
    problem = f"the choice must have the shape of the cases or none, got {listed([which, *xs])}"
    check(who, [(which.shape in ((), shape), problem)])
    if is_bool:
        return choose(which, xs[-1], xs[0])
    last = len(xs) - 1

    def earlier(chosen: Any, k: int) -> Any:
        return choose(logic.le(which, constant(k, which)), xs[k], chosen)

    return reduce(earlier, range(last - 1, -1, -1), xs[last])


def clamp(min: ArrayLike, x: ArrayLike, max: ArrayLike) -> Array:
    """x kept between `min` and `max`, which have its shape or rank 0.

    Raises:
        ShapeError: a bound of another shape.
        DtypeError: a bound of another dtype.

    >>> import oxmlx as ox
    >>> ox.lax.clamp(0.0, ox.array([-1.0, 0.5, 2.0]), 1.0)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    who = "lax.clamp"
    low, x, high = same_dtype(who, min, x, max)
    aval = get_aval(x)
    for bound in (low, high):
        problem = f"a bound must have the shape of {aval} or rank 0, got {get_aval(bound)}"
        check(who, [(get_aval(bound).shape in ((), aval.shape), problem)])
    return bind(Clamp(), low, x, high)
