"""Reductions that leave NaN out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx.dtypes import is_inexact
from oxmlx.numpy import reductions
from oxmlx.numpy.arguments import Array, ArrayLike, Axes, as_bool, refuse_complex, refuse_out, value
from oxmlx.numpy.reductions import Where
from oxmlx.ops.logic import and_, eq, ne
from oxmlx.ops.math import constant
from oxmlx.ops.select import select


def nansum(
    a: ArrayLike,
    axis: Axes = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: Where = None,
) -> Array:
    """The sum of the elements that are not NaN; the arguments are those of `sum`.

    >>> import oxmlx.numpy as np
    >>> np.nansum(np.array([1.0, np.nan, 2.0]))
    array(3., dtype=float32)
    """
    x = replaced("nansum", a, 0)
    return reductions.sum(x, axis, dtype, out, keepdims, initial, where)


def nanprod(
    a: ArrayLike,
    axis: Axes = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: Where = None,
) -> Array:
    """The product of the elements that are not NaN; the arguments are those of `sum`.

    >>> import oxmlx.numpy as np
    >>> np.nanprod(np.array([3.0, np.nan, 2.0]))
    array(6., dtype=float32)
    """
    x = replaced("nanprod", a, 1)
    return reductions.prod(x, axis, dtype, out, keepdims, initial, where)


def nanmax(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: Where = None,
) -> Array:
    """The largest element that is not NaN, NaN if there is none; the arguments are those of `max`.

    >>> import oxmlx.numpy as np
    >>> np.nanmax(np.array([1.0, np.nan, 2.0]))
    array(2., dtype=float32)
    """
    refuse_out("nanmax", out)
    return nan_extreme("nanmax", reductions.max, a, -1, axis, keepdims, initial, where)


def nanmin(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: Where = None,
) -> Array:
    """The smallest element that is not NaN, NaN if there is none; the arguments are those of `max`.

    >>> import oxmlx.numpy as np
    >>> np.nanmin(np.array([1.0, np.nan, 2.0]))
    array(1., dtype=float32)
    """
    refuse_out("nanmin", out)
    return nan_extreme("nanmin", reductions.min, a, 1, axis, keepdims, initial, where)


def nanmean(
    a: ArrayLike,
    axis: Axes = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    where: Where = None,
) -> Array:
    """The mean of the elements that are not NaN; the arguments are those of `mean`.

    >>> import oxmlx.numpy as np
    >>> np.nanmean(np.array([1.0, np.nan, 2.0]))
    array(1.5, dtype=float32)
    """
    x = value(a, "nanmean")
    kept = numbers("nanmean", x, where)
    return reductions.mean(x, axis, dtype, out, keepdims, where=kept)


def nanvar(
    a: ArrayLike,
    axis: Axes = None,
    dtype: Any = None,
    out: None = None,
    ddof: int = 0,
    keepdims: bool = False,
    where: Where = None,
    mean: ArrayLike | None = None,
) -> Array:
    """The variance of the elements that are not NaN; the arguments are those of `var`.

    >>> import oxmlx.numpy as np
    >>> np.nanvar(np.array([1.0, np.nan, 3.0]))
    array(1., dtype=float32)
    """
    x = value(a, "nanvar")
    kept = numbers("nanvar", x, where)
    return reductions.var(x, axis, dtype, out, ddof, keepdims, where=kept, mean=mean)


def nanstd(
    a: ArrayLike,
    axis: Axes = None,
    dtype: Any = None,
    out: None = None,
    ddof: int = 0,
    keepdims: bool = False,
    where: Where = None,
    mean: ArrayLike | None = None,
) -> Array:
    """The root of the variance of the elements that are not NaN.

    >>> import oxmlx.numpy as np
    >>> np.nanstd(np.array([1.0, np.nan, 3.0]))
    array(1., dtype=float32)
    """
    x = value(a, "nanstd")
    kept = numbers("nanstd", x, where)
    return reductions.std(x, axis, dtype, out, ddof, keepdims, where=kept, mean=mean)


def numbers(who: str, x: Any, where: Any) -> Any:
    """Which elements count: those that are not NaN, of those that `where` lets pass; `None` if all
    do."""
    if not is_inexact(x.dtype):
        return where
    kept = eq(x, x)
    return kept if where is None else and_(kept, as_bool(value(where, who)))


def replaced(who: str, a: Any, number: float) -> Any:
    """An array with a number in the place of NaN."""
    x = value(a, who)
    return select(eq(x, x), x, constant(number, x)) if is_inexact(x.dtype) else x


def nan_extreme(
    who: str,
    of: Callable[..., Any],
    a: Any,
    sign: int,
    axis: Axes,
    keepdims: bool,
    initial: Any,
    where: Any,
) -> Any:
    """The extreme of what is not NaN, which is put as far off as it can be."""
    x = value(a, who)
    refuse_complex(who, x)
    y = replaced(who, x, sign * float("inf"))
    out = of(y, axis, keepdims=keepdims, initial=initial, where=where)
    if not is_inexact(x.dtype) or initial is not None:
        return out
    nothing = reductions.all(ne(x, x), axis, keepdims=keepdims)
    return select(nothing, constant(float("nan"), x), out)
