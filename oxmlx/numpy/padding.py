"""Padding: an array with more elements around it, taken from its edges or computed from them."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from oxmlx.dtypes import is_inexact
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    choice,
    converted,
    static_int,
    value,
)
from oxmlx.numpy.grids import linspace
from oxmlx.numpy.mapping import apply_along_axis
from oxmlx.numpy.quantiles import median
from oxmlx.numpy.reductions import max, mean, min
from oxmlx.numpy.rounding import round
from oxmlx.numpy.shaping import between
from oxmlx.ops import slicing
from oxmlx.ops.convert import cast, from_numpy
from oxmlx.ops.elementwise import add, mul, sub
from oxmlx.ops.gather import take
from oxmlx.ops.shape import broadcast_to, reshape
from oxmlx.ops.slicing import reverse

Width = tuple[int, int]

OPTIONS: dict[str, tuple[str, ...]] = {
    "constant": ("constant_values",),
    "empty": (),
    "edge": (),
    "linear_ramp": ("end_values",),
    "maximum": ("stat_length",),
    "mean": ("stat_length",),
    "median": ("stat_length",),
    "minimum": ("stat_length",),
    "reflect": ("reflect_type",),
    "symmetric": ("reflect_type",),
    "wrap": (),
}
"""The modes and the options that each one takes."""

STATISTICS: dict[str, Callable[..., Any]] = {
    "maximum": max,
    "mean": mean,
    "median": median,
    "minimum": min,
}


def pad(
    array: ArrayLike,
    pad_width: Any,
    mode: str | Callable[..., Any] = "constant",
    **kwargs: Any,
) -> Array:
    """An array with more elements before and after along each axis.

    Args:
        array: an array.
        pad_width: how many: one number, (before, after), or one pair for each axis.
        mode: where they come from: "constant" (of `constant_values`, 0 by default), "empty",
            "edge", "linear_ramp" (down to `end_values`), "maximum", "mean", "median" and "minimum"
            (of the `stat_length` elements at the edge), "reflect" and "symmetric" (`reflect_type`
            "even" or "odd"), "wrap"; or a function of (vector, widths, axis, options), which
            returns the vector with its ends replaced.
        kwargs: the options of the mode.

    Raises:
        ArgumentError: unknown mode or option, or a negative width.
        ShapeError: an empty axis has no edge to pad from.

    >>> import oxmlx.numpy as np
    >>> np.pad(np.array([1, 2, 3]), (1, 2))
    array([0, 1, 2, 3, 0, 0], dtype=int32)
    >>> np.pad(np.array([1, 2, 3]), 2, "reflect")
    array([3, 2, 1, 2, 3, 2, 1], dtype=int32)
    """
    x = value(array, "pad")
    widths = pairs("pad_width", pad_width, x.ndim)
    if any(n < 0 for pair in widths for n in pair):
        raise ArgumentError("pad", f"widths must not be negative, got {pad_width}", "Slice it.")
    if callable(mode):
        return pad_by_function(x, widths, mode, kwargs)
    options = OPTIONS[choice("pad", "mode", mode, tuple(OPTIONS))]
    for name in kwargs:
        choice("pad", f"option of mode {mode!r}", name, options)
    if mode in ("constant", "empty"):
        return pad_constant(x, widths, kwargs.get("constant_values", 0))
    for axis, (width, n) in enumerate(zip(widths, x.shape, strict=True)):
        if n == 0 and any(width):
            raise ShapeError("pad", f"axis {axis} of {x.aval} is empty, so it has no edge")
    if mode == "linear_ramp":
        return pad_ramp(x, widths, kwargs.get("end_values", 0))
    if mode in STATISTICS:
        return pad_statistic(x, widths, STATISTICS[mode], kwargs.get("stat_length"))
    kind = choice("pad", "reflect_type", kwargs.get("reflect_type", "even"), ("even", "odd"))
    for axis, width in enumerate(widths):
        if any(width):
            x = pad_edge(x, axis, width, mode, odd=kind == "odd")
    return x


def pairs(name: str, given: Any, ndim: int) -> list[tuple[Any, Any]]:
    """One pair for each axis, from one item, one pair, or all of them.

    Raises:
        ArgumentError: it does not broadcast to (ndim, 2).
    """
    try:
        table = np.broadcast_to(np.asarray(given), (ndim, 2))
    except ValueError:
        problem = f"{name} must be a number, a pair, or {ndim} pairs, got {given!r}"
        raise ArgumentError("pad", problem) from None
    return [tuple(row) for row in table.tolist()]


def pad_constant(x: Any, widths: list[Width], constants: Any) -> Any:
    """Numbers around: in corners, those of the later axis."""
    if np.ndim(constants) == 0:
        number = converted("pad", constants, x.dtype)
        return slicing.pad(x, number, [(low, high, 0) for low, high in widths])
    for axis, (low, high) in enumerate(pairs("constant_values", constants, x.ndim)):
        before, after = widths[axis]
        none = [(0, 0, 0)] * x.ndim
        for number, width in ((low, (before, 0, 0)), (high, (0, after, 0))):
            config = [*none[:axis], width, *none[axis + 1 :]]
            x = slicing.pad(x, converted("pad", number, x.dtype), config)
    return x


def pad_edge(x: Any, axis: int, width: Width, mode: Any, odd: bool) -> Any:
    """Elements of the array itself, from the places that NumPy's padding of places says."""
    n = x.shape[axis]
    out = take(x, np.pad(np.arange(n), width, mode), axis, "clip")
    if n < 2 or not odd or mode not in ("reflect", "symmetric"):
        return out
    # Turned about its ends again and again, x rises by 2 (last - first) a period, and every other
    # piece runs backwards: 2 first - x.
    period = 2 * (n - 1) if mode == "reflect" else 2 * n
    turns, place = np.divmod(np.arange(-width[0], n + width[1]), period)
    back = place >= n
    first, last = between(x, axis, 0, 1), between(x, axis, n - 1, n)
    shape = [1] * x.ndim
    shape[axis] = len(back)

    def times(numbers: Any, y: Any) -> Any:
        factors = from_numpy(np.asarray(numbers).astype(x.dtype).reshape(shape))
        return mul(broadcast_to(factors, out.shape), broadcast_to(y, out.shape))

    rise = add(times(2 * (turns + back), sub(last, first)), times(2 * back, first))
    return add(times(np.where(back, -1, 1), out), rise)


def pad_ramp(x: Any, widths: list[Width], end_values: Any) -> Any:
    """Straight lines from the edges to the end values."""
    for axis, (low, high) in enumerate(pairs("end_values", end_values, x.ndim)):
        n = x.shape[axis]
        shape = (*x.shape[:axis], *x.shape[axis + 1 :])
        ramps: list[Any] = []
        for end, edge, width in ((low, 0, widths[axis][0]), (high, n - 1, widths[axis][1])):
            level = reshape(between(x, axis, edge, edge + 1), shape)
            ramps.append(linspace(end, level, width, False, dtype=x.dtype, axis=axis))
        x = slicing.concatenate([ramps[0], x, reverse(ramps[1], (axis,))], axis)
    return x


def pad_statistic(x: Any, widths: list[Width], of: Callable[..., Any], length: Any) -> Any:
    """A statistic of the elements at each edge."""
    for axis, spans in enumerate(pairs("stat_length", length, x.ndim)):
        n = x.shape[axis]
        low, high = (
            n if span is None else static_int("pad", "stat_length", span) for span in spans
        )
        if builtins.min(low, high) < 1:
            raise ArgumentError("pad", f"stat_length must be positive, got {length}")
        before = between(x, axis, 0, builtins.min(low, n))
        after = between(x, axis, builtins.max(n - high, 0), n)
        levels: list[Any] = []
        for part in (before, after):
            level = of(part, axis, keepdims=True)
            level = level if is_inexact(x.dtype) or level.dtype == x.dtype else round(level)
            shape = list(x.shape)
            shape[axis] = widths[axis][len(levels)]
            levels.append(broadcast_to(cast(level, x.dtype), tuple(shape)))
        x = slicing.concatenate([levels[0], x, levels[1]], axis)
    return x


def pad_by_function(x: Any, widths: list[Width], of: Callable[..., Any], options: Any) -> Any:
    """Zeros around, which a function of each padded vector replaces."""
    x = pad_constant(x, widths, 0)
    for axis, width in enumerate(widths):
        x = apply_along_axis(of, axis, x, width, axis, options)
    return x
