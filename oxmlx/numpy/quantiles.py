"""Quantiles, percentiles and medians, by sorting."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    Axes,
    arrays,
    axes_of,
    choice,
    inexact,
    refuse_complex,
    refuse_out,
    strong,
    value,
)
from oxmlx.numpy.comparison import isnan
from oxmlx.numpy.reductions import any, sum
from oxmlx.numpy.shaping import unsqueeze
from oxmlx.ops import math
from oxmlx.ops.axes import broadcast
from oxmlx.ops.convert import cast
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.elementwise import add, div, mul, sub
from oxmlx.ops.gather import take_along_axis
from oxmlx.ops.logic import eq, le, lt, ne
from oxmlx.ops.math import constant
from oxmlx.ops.select import clamp, maximum, select, zero
from oxmlx.ops.shape import broadcast_to, moveaxis, reshape, transpose
from oxmlx.ops.sort import sort

METHODS = ("linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf")


def quantile(
    a: ArrayLike,
    q: ArrayLike,
    axis: Axes = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: ArrayLike | None = None,
) -> Array:
    """The numbers below which the fractions q of the elements lie.

    Args:
        a: real numbers; NaN if one of them is.
        q: fractions between 0 and 1, a number or an array, whose axes come first in the result.
        axis: the axes; all by default.
        out, overwrite_input: not supported, and ignored.
        method: between two elements "linear", "lower", "higher", "midpoint" or "nearest";
            "inverted_cdf" takes the first element with a fraction of no less than q up to it.
        keepdims: keep the axes, with extent 1.
        weights: how much each element counts, only with "inverted_cdf": of the shape of `a`, or
            along its one axis.

    Raises:
        ArgumentError: unknown method, or weights with another one.
        DtypeError: complex numbers.
        ShapeError: there is no element, or the weights do not fit.

    >>> import oxmlx.numpy as np
    >>> np.quantile(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.25, 0.5]))
    array([1.75, 2.5 ], dtype=float32)
    """
    refuse_out("quantile", out)
    return ranked("quantile", a, inexact(q, "quantile"), axis, method, keepdims, weights)


def percentile(
    a: ArrayLike,
    q: ArrayLike,
    axis: Axes = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: ArrayLike | None = None,
) -> Array:
    """The numbers below which q per cent of the elements lie; the arguments are those of `quantile`.

    >>> import oxmlx.numpy as np
    >>> np.percentile(np.array([1.0, 2.0, 3.0]), 25)
    array(1.5, dtype=float32)
    """
    refuse_out("percentile", out)
    return ranked("percentile", a, per_cent(q, "percentile"), axis, method, keepdims, weights)


def median(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Array:
    """The middle element over axes, or the mean of the middle two.

    >>> import oxmlx.numpy as np
    >>> np.median(np.array([1, 5, 2, 3]))
    array(2.5, dtype=float32)
    """
    refuse_out("median", out)
    return ranked("median", a, inexact(0.5, "median"), axis, "midpoint", keepdims)


def nanquantile(
    a: ArrayLike,
    q: ArrayLike,
    axis: Axes = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: ArrayLike | None = None,
) -> Array:
    """The quantiles of the elements that are not NaN; the arguments are those of `quantile`.

    >>> import oxmlx.numpy as np
    >>> np.nanquantile(np.array([1.0, np.nan, 3.0]), 0.5)
    array(2., dtype=float32)
    """
    refuse_out("nanquantile", out)
    fractions = inexact(q, "nanquantile")
    return ranked("nanquantile", a, fractions, axis, method, keepdims, weights, skip_nan=True)


def nanpercentile(
    a: ArrayLike,
    q: ArrayLike,
    axis: Axes = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: ArrayLike | None = None,
) -> Array:
    """The percentiles of the elements that are not NaN; the arguments are those of `quantile`.

    >>> import oxmlx.numpy as np
    >>> np.nanpercentile(np.array([1.0, np.nan, 3.0]), 50)
    array(2., dtype=float32)
    """
    refuse_out("nanpercentile", out)
    fractions = per_cent(q, "nanpercentile")
    return ranked("nanpercentile", a, fractions, axis, method, keepdims, weights, skip_nan=True)


def nanmedian(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Array:
    """The median of the elements that are not NaN.

    >>> import oxmlx.numpy as np
    >>> np.nanmedian(np.array([1.0, np.nan, 3.0]))
    array(2., dtype=float32)
    """
    refuse_out("nanmedian", out)
    half = inexact(0.5, "nanmedian")
    return ranked("nanmedian", a, half, axis, "midpoint", keepdims, skip_nan=True)


def per_cent(q: Any, who: str) -> Any:
    """Percentages as fractions."""
    percentages = inexact(q, who)
    return div(percentages, constant(100, percentages))


def ranked(
    who: str,
    a: Any,
    q: Any,
    axis: Axes,
    method: str,
    keepdims: bool,
    weights: Any = None,
    skip_nan: bool = False,
) -> Any:
    """The elements at fractions q of the sorted rows.

    Raises:
        ArgumentError: unknown method, or weights with another one than "inverted_cdf".
        ShapeError: there is no element.
    """
    way = choice(who, "method", method, METHODS)
    x = strong(inexact(a, who))
    refuse_complex(who, x)
    axes = axes_of(who, axis, x.ndim)
    rest = tuple(k for k in range(x.ndim) if k not in axes)
    lead = tuple(x.shape[k] for k in rest)
    n = prod(x.shape[k] for k in axes)
    if n == 0:
        raise ShapeError(who, f"{x.aval} has no element along {axes}")
    rows = reshape(transpose(x, (*rest, *axes)), (*lead, n))
    last = rows.ndim - 1
    fractions = cast(reshape(q, (q.size,)), position_dtype(x.dtype))
    if weights is not None:
        if way != "inverted_cdf":
            problem = f"weights have no meaning for method {method!r}"
            raise ArgumentError(who, problem, 'Use method="inverted_cdf".')
        mass = reshape(transpose(weighing(who, weights, x, axes), (*rest, *axes)), rows.shape)
        rows, mass = sort([rows, cast(mass, fractions.dtype)], last)
        low, high, part = weighted_places(mass, fractions, rows, skip_nan)
    else:
        (rows,) = sort([rows], last)
        count = sum(cast(eq(rows, rows), fractions.dtype), last, keepdims=True) if skip_nan else None
        low, high, part = places(way, fractions, n, count)
    found = between_elements(rows, low, high, part)
    if not skip_nan:
        spoiled = any(isnan(rows), last, keepdims=True)
        found = select(spoiled, constant(np.nan, x), found)
    found = reshape(moveaxis(found, last, 0), (*q.shape, *lead))
    return unsqueeze(found, tuple(k + q.ndim for k in axes)) if keepdims else found
