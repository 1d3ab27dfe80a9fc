"""Quantiles, percentiles and medians, by sorting."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from oxmlx.dtypes import Dtype
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.ir.value import Tracer
from oxmlx.numpy.arguments import (
    FLOAT32,
    INT32,
    Array,
    ArrayLike,
    Axes,
    axes_of,
    choice,
    converted,
    inexact,
    refuse_complex,
    refuse_out,
    strong,
    value,
)
from oxmlx.numpy.comparison import isnan
from oxmlx.numpy.reductions import sum
from oxmlx.numpy.shaping import between, ravel, unsqueeze
from oxmlx.ops import math
from oxmlx.ops.axes import broadcast, reduce_sum
from oxmlx.ops.convert import cast, from_numpy
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.elementwise import add, div, mul, sub, zero
from oxmlx.ops.gather import take, take_along_axis
from oxmlx.ops.logic import eq, lt
from oxmlx.ops.math import constant
from oxmlx.ops.select import maximum, minimum, select
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
    return ranked("quantile", a, q, axis, method, keepdims, weights)


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
    """The numbers below which q per cent of the elements lie; arguments as of `quantile`.

    >>> import oxmlx.numpy as np
    >>> np.percentile(np.array([1.0, 2.0, 3.0]), 25)
    array(1.5, dtype=float32)
    """
    refuse_out("percentile", out)
    return ranked("percentile", a, q, axis, method, keepdims, weights, whole=100)


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
    return ranked("median", a, 0.5, axis, "midpoint", keepdims)


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
    return ranked("nanquantile", a, q, axis, method, keepdims, weights, skip_nan=True)


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
    who = "nanpercentile"
    return ranked(who, a, q, axis, method, keepdims, weights, skip_nan=True, whole=100)


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
    return ranked("nanmedian", a, 0.5, axis, "midpoint", keepdims, skip_nan=True)


def ranked(
    who: str,
    a: Any,
    q: Any,
    axis: Axes,
    method: str,
    keepdims: bool,
    weights: Any = None,
    skip_nan: bool = False,
    whole: float = 1,
) -> Any:
    """The elements at fractions q / whole of the sorted rows.

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
        raise ShapeError(
            who, f"{x.aval} has no element along {axes}", "Check that the array is not empty."
        )
    rows = reshape(transpose(x, (*rest, *axes)), (*lead, n))
    last = rows.ndim - 1
    q = converted(who, q, position_dtype(x.dtype))
    mass = None
    if weights is not None:
        if way != "inverted_cdf":
            problem = f"weights have no meaning for method {method!r}"
            raise ArgumentError(who, problem, 'Use method="inverted_cdf".')
        mass = reshape(transpose(weighing(who, weights, x, axes), (*rest, *axes)), rows.shape)
    rows, spots = located(way, rows, q, whole, mass, skip_nan)
    found = between_elements(rows, *spots)
    if not skip_nan:
        spoiled = isnan(between(rows, last, n - 1, n))  # NaN comes last
        found = select(broadcast_to(spoiled, found.shape), constant(np.nan, x), found)
    found = reshape(moveaxis(found, last, 0), (*q.shape, *lead))
    return unsqueeze(found, tuple(k + q.ndim for k in axes)) if keepdims else found


def located(
    way: str, rows: Any, q: Any, whole: float, mass: Any, skip_nan: bool
) -> tuple[Any, tuple[Any, Any, Any]]:
    """Sorted rows, the two places in them between which the fractions lie, and how far between."""
    last = rows.ndim - 1
    if mass is None and not skip_nan and not isinstance(q, Tracer):
        (rows,) = sort([rows], last)
        return rows, known_places(way, q.concrete("fractions"), whole, rows.shape[-1])
    fractions = div(ravel(q), constant(whole, q)) if whole != 1 else ravel(q)
    if mass is not None:
        rows, mass = sort([rows, cast(mass, q.dtype)], last)
        return rows, weighted_places(mass, fractions, rows, skip_nan)
    (rows,) = sort([rows], last)
    total = sum(cast(eq(rows, rows), q.dtype), last, keepdims=True)  # NaN, left out, comes last
    return rows, places(way, fractions, total if skip_nan else constant(rows.shape[-1], q))


def known_places(way: str, q: Any, whole: float, n: int) -> tuple[Any, Any, Any]:
    """The places in sorted rows between which known fractions lie, and how far between them."""
    fractions = q.reshape(-1).astype(np.float64) / whole
    position = fractions * (n - 1)
    low, high = np.floor(position), np.ceil(position)
    chosen = {"lower": low, "higher": high, "nearest": np.rint(position)}
    chosen["inverted_cdf"] = np.ceil(fractions * n) - 1
    if way in chosen:
        low = high = chosen[way]
    part = 0 * low + 0.5 if way == "midpoint" else position - low
    low, high = (np.clip(place, 0, n - 1).astype(INT32) for place in (low, high))
    return low, high, None if np.array_equal(low, high) else from_numpy(part.astype(q.dtype))


def places(way: str, q: Any, total: Any) -> tuple[Any, Any, Any]:
    """The places in sorted rows between which the fractions lie, and how far between them.

    Of each row the first `total` elements count.
    """
    if way == "inverted_cdf":
        place = place_in(sub(math.ceil(mul(q, total)), 1), total)
        return place, place, None
    position = mul(q, sub(total, 1))
    low, high = math.floor(position), math.ceil(position)
    if way in ("lower", "higher", "nearest"):
        chosen = {"lower": low, "higher": high, "nearest": math.round_(position)}[way]
        place = place_in(chosen, total)
        return place, place, None
    part = constant(0.5, q) if way == "midpoint" else sub(position, low)
    return place_in(low, total), place_in(high, total), part


def place_in(place: Any, total: Any) -> Any:
    """The nearest of the places that there are."""
    return cast(maximum(minimum(place, sub(total, 1)), 0), INT32)


def weighted_places(mass: Any, q: Any, rows: Any, skip_nan: bool) -> tuple[Any, Any, Any]:
    """The first places in sorted rows up to which a fraction of the mass lies."""
    if skip_nan:
        mass = select(eq(rows, rows), mass, zero(mass))
    n, last = rows.shape[-1], rows.ndim - 1
    upto = cumsum(mass, last)
    target = mul(q, between(upto, last, n - 1, n))
    shape = (*upto.shape, q.size)
    short = lt(broadcast(upto, shape, (upto.ndim,)), broadcast(target, shape, (upto.ndim - 1,)))
    place = minimum(reduce_sum(cast(short, INT32), (last,)), n - 1)
    return place, place, None


def weighing(who: str, weights: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """Weights of the shape of `x`.

    Raises:
        ShapeError: they have another one.
    """
    w = value(weights, who)
    if len(axes) == 1 and w.shape == (x.shape[axes[0]],):
        w = reshape(w, tuple(n if k in axes else 1 for k, n in enumerate(x.shape)))
        return broadcast_to(w, x.shape)
    if w.shape != x.shape:
        raise ShapeError(who, f"weights {w.aval} do not fit {x.aval} along {axes}")
    return w


def between_elements(rows: Any, low: Any, high: Any, part: Any) -> Any:
    """The elements of rows at two places, and what is part of the way between them."""
    last = rows.ndim - 1

    def at(place: Any) -> Any:
        if isinstance(place, np.ndarray) and place.size == 1:
            return between(rows, last, int(place[0]), int(place[0]) + 1)
        if place.ndim == 1:
            return take(rows, place, last, "clip")
        return take_along_axis(rows, place, last, "clip")

    below = at(low)
    if part is None:
        return below
    part = cast(part, rows.dtype)
    mean = add(mul(below, sub(1, part)), mul(at(high), part))
    return select(eq(part, zero(part)), below, mean)  # below may be infinite


def position_dtype(dtype: Dtype) -> Dtype:
    """The dtype to count places in."""
    return FLOAT32 if dtype.itemsize < 4 else dtype
