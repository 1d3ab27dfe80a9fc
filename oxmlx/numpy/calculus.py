"""Differences, slopes, areas, interpolation and convolution of sampled functions."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Any

from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    Axes,
    axes_of,
    axis_of,
    choice,
    converted,
    inexact,
    inexact_arrays,
    refuse_complex,
    static_int,
    strong,
    value,
)
from oxmlx.numpy.joining import concatenate
from oxmlx.numpy.products import factors
from oxmlx.numpy.reductions import sum
from oxmlx.numpy.scans import cumsum
from oxmlx.numpy.searching import searchsorted
from oxmlx.numpy.shaping import between, moveaxis, ravel
from oxmlx.numpy.sorting import argsort
from oxmlx.ops import logic, math
from oxmlx.ops.complex import conj
from oxmlx.ops.conv import conv_general
from oxmlx.ops.elementwise import add, div, mul, neg, one, sub, zero
from oxmlx.ops.gather import take
from oxmlx.ops.logic import and_, eq, gt, lt
from oxmlx.ops.math import constant
from oxmlx.ops.operators import remainder
from oxmlx.ops.select import clamp, select
from oxmlx.ops.shape import broadcast_to, reshape
from oxmlx.ops.slicing import reverse


def diff(
    a: ArrayLike,
    n: int = 1,
    axis: int = -1,
    prepend: ArrayLike | None = None,
    append: ArrayLike | None = None,
) -> Array:
    """The differences of neighbours along an axis, n times over; of bools, whether they differ.

    Args:
        a: an array of one axis or more.
        n: how often.
        axis: the axis.
        prepend, append: what goes before and after first; a number stands for a slice of it.

    >>> import oxmlx.numpy as np
    >>> np.diff(np.array([1, 4, 9, 16])), np.diff(np.array([1, 4, 9, 16]), 2)
    (array([3, 5, 7], dtype=int32), array([2, 2], dtype=int32))
    """
    x, times = value(a, "diff"), static_int("diff", "n", n)
    if times < 0:
        raise ArgumentError("diff", f"n must not be negative, got {n}")
    k = axis_of("diff", axis, x.ndim)

    def slab(end: Any) -> Any:
        y = value(end, "diff")
        return y if y.ndim else broadcast_to(y, (*x.shape[:k], 1, *x.shape[k + 1 :]))

    if times == 0:
        return x
    if prepend is not None or append is not None:
        before = [] if prepend is None else [slab(prepend)]
        x = concatenate([*before, x, *([] if append is None else [slab(append)])], k)
    minus = logic.ne if x.dtype.kind == "b" else sub
    for _ in range(times):
        m = x.shape[k]
        x = minus(between(x, k, min(1, m), m), between(x, k, 0, max(m - 1, 0)))
    return x


def ediff1d(
    ary: ArrayLike, to_end: ArrayLike | None = None, to_begin: ArrayLike | None = None
) -> Array:
    """The differences of neighbours in the flattened array, between further elements.

    >>> import oxmlx.numpy as np
    >>> np.ediff1d(np.array([1, 4, 9]), to_end=0)
    array([3, 5, 0], dtype=int32)
    """
    x = ravel(value(ary, "ediff1d"))
    parts = [to_begin, diff(x), to_end]
    return concatenate([ravel(converted("ediff1d", p, x.dtype)) for p in parts if p is not None])


def gradient(
    f: ArrayLike, *varargs: ArrayLike, axis: Axes = None, edge_order: int | None = None
) -> Any:
    """The slopes along axes: central differences inside, one-sided ones at the ends.

    Args:
        f: values of a function on a grid.
        varargs: the spacing: one number for all axes, or for each axis a number or coordinates.
        axis: the axes; all by default.
        edge_order: 1, or 2 for one-sided differences over three points.

    Returns:
        One array, or a list with one for each axis.

    Raises:
        ArgumentError: spacings that do not fit the axes, or another edge order.
        ShapeError: an axis is too short, or coordinates do not fit it.

    >>> import oxmlx.numpy as np
    >>> np.gradient(np.array([1.0, 4.0, 9.0, 16.0]))
    array([3., 4., 6., 7.], dtype=float32)
    """
    x = strong(inexact(f, "gradient"))
    axes = axes_of("gradient", axis, x.ndim)
    order = 1 if edge_order is None else static_int("gradient", "edge_order", edge_order)
    if order not in (1, 2):
        raise ArgumentError("gradient", f"edge_order is 1 or 2, got {edge_order}")
    spacings: Sequence[Any] = varargs or (1.0,)
    if len(spacings) == 1:
        spacings = [*spacings] * len(axes)
    if len(spacings) != len(axes):
        raise ArgumentError(
            "gradient",
            f"got {len(varargs)} spacings for {len(axes)} axes",
            "Pass none, one number for all, or one for each axis.",
        )
    slopes = [slope(x, k, h, order) for k, h in zip(axes, spacings, strict=True)]
    return slopes[0] if len(slopes) == 1 else slopes


def trapezoid(
    y: ArrayLike, x: ArrayLike | None = None, dx: ArrayLike = 1.0, axis: int = -1
) -> Array:
    """The area under sampled values, by the trapezoidal rule.

    Args:
        y: values.
        x: where they were sampled: of the shape of y, or along the axis.
        dx: their distance, if x is not given.
        axis: the axis.

    >>> import oxmlx.numpy as np
    >>> np.trapezoid(np.array([1.0, 2.0, 3.0]))
    array(4., dtype=float32)
    """
    if x is None:
        (heights,) = inexact_arrays("trapezoid", y)
        width = converted("trapezoid", dx, heights.dtype)
    else:
        heights, places = inexact_arrays("trapezoid", y, x)
        width = diff(places if places.ndim == 1 else moveaxis(places, axis, -1))
    heights: Any = moveaxis(heights, axis, -1)
    last, n = heights.ndim - 1, heights.shape[-1]
    pairs = add(between(heights, last, min(1, n), n), between(heights, last, 0, max(n - 1, 0)))
    return mul(sum(mul(pairs, width), -1), 0.5)


def interp(
    x: ArrayLike,
    xp: ArrayLike,
    fp: ArrayLike,
    left: ArrayLike | str | None = None,
    right: ArrayLike | str | None = None,
    period: ArrayLike | None = None,
) -> Array:
    """A function given at rising points, and linear between them.

    Args:
        x: where to evaluate it.
        xp: the points, rising unless there is a period.
        fp: the values there.
        left, right: the value before the first and after the last point, by default that of the
            nearest; "extrapolate" goes on along the line.
        period: of the function.

    Raises:
        ShapeError: xp and fp are no vectors of one length above 0.

    >>> import oxmlx.numpy as np
    >>> np.interp(np.array([0.5, 9.0]), np.array([0.0, 1.0]), np.array([10.0, 20.0]))
    array([15., 20.], dtype=float32)
    """
    at, points, heights = inexact_arrays("interp", x, xp, fp)
    if points.ndim != 1 or points.shape != heights.shape or not points.size:
        problem = f"wants vectors of one length, got {points.aval} and {heights.aval}"
        raise ShapeError("interp", problem)
    if period is not None:
        at, points, heights = periodic(at, points, heights, converted("interp", period, at.dtype))
    n = points.size
    if n == 1:
        return broadcast_to(heights, at.shape) if at.ndim else reshape(heights, ())
    i = clamp(1, searchsorted(points, at, "right"), n - 1)
    ends = [take(v, j, 0, "clip") for v in (points, heights) for j in (sub(i, 1), i)]
    x0, x1, y0, y1 = ends
    width = sub(x1, x0)
    flat = eq(width, zero(width))
    part = div(sub(at, x0), select(flat, one(width), width))
    out = select(flat, y0, add(y0, mul(part, sub(y1, y0))))
    if period is not None:
        return strong(out)
    first, last = (reshape(between(points, 0, k, k + 1), ()) for k in (0, n - 1))
    for end, outside, k in ((left, lt(at, first), 0), (right, gt(at, last), n - 1)):
        if not isinstance(end, str):
            level = reshape(between(heights, 0, k, k + 1), ()) if end is None else end
            out = select(outside, converted("interp", level, out.dtype), out)
        else:
            choice("interp", "left and right", end, ("extrapolate",))
    return strong(out)


def unwrap(
    p: ArrayLike, discont: ArrayLike | None = None, axis: int = -1, period: ArrayLike = 2 * pi
) -> Array:
    """Angles without jumps: whole periods are added where neighbours differ by more than half one.

    Args:
        p: angles.
        discont: from which difference on; at least half a period.
        axis: the axis along which neighbours lie.
        period: of the angles.

    >>> import oxmlx.numpy as np
    >>> np.unwrap(np.array([0.0, 3.0, 6.0, 0.0]), period=7)
    array([0., 3., 6., 7.], dtype=float32)
    """
    x = strong(inexact(p, "unwrap"))
    refuse_complex("unwrap", x)
    k = axis_of("unwrap", axis, x.ndim)
    if x.shape[k] < 2:
        return x
    turn = converted("unwrap", period, x.dtype)
    half = mul(turn, constant(0.5, x))
    step: Any = diff(x, axis=k)
    near = sub(remainder(add(step, half), turn), half)
    # a step of exactly half a period keeps its direction
    near = select(and_(eq(near, neg(half)), gt(step, zero(step))), half, near)
    least = half if discont is None else converted("unwrap", discont, x.dtype)
    jump = select(lt(math.abs_(step), least), zero(step), sub(near, step))
    n = x.shape[k]
    rest = add(between(x, k, 1, n), cumsum(jump, k))
    return concatenate([between(x, k, 0, 1), rest], k)


def convolve(
    a: ArrayLike,
    v: ArrayLike,
    mode: str = "full",
    *,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """Σ a[k] v[n - k], the convolution of two vectors.

    Args:
        a, v: vectors.
        mode: "full" for every overlap, "same" for as many as the longer one has, "valid" for
            whole overlaps only.
        precision: ignored.
        preferred_element_type: the dtype to compute in.

    Raises:
        ShapeError: an operand is no vector, or empty.

    >>> import oxmlx.numpy as np
    >>> np.convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0]))
    array([1., 3., 5., 3.], dtype=float32)
    """
    x, y = factors("convolve", preferred_element_type, *inexact_arrays("convolve", a, v))
    return sliding("convolve", x, y, mode, flip=True)


def correlate(
    a: ArrayLike,
    v: ArrayLike,
    mode: str = "valid",
    *,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """Σ a[n + k] conj(v[k]), the correlation of two vectors; arguments as of `convolve`.

    >>> import oxmlx.numpy as np
    >>> np.correlate(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0]))
    array([2., 3.], dtype=float32)
    """
    x, y = factors("correlate", preferred_element_type, *inexact_arrays("correlate", a, v))
    return sliding("correlate", x, conj(y), mode, flip=False)


def slope(x: Any, axis: int, spacing: Any, order: int) -> Any:
    """The slopes along one axis.

    Raises:
        ShapeError: the axis is too short, or coordinates do not fit it.
    """
    n = x.shape[axis]
    if n < order + 1:
        raise ShapeError(
            "gradient",
            f"axis {axis} of {x.aval} is too short for a slope",
            "It needs edge_order + 1 elements at least.",
        )
    h = converted("gradient", spacing, x.dtype)
    if h.ndim > 1 or (h.ndim and h.size != n):
        raise ShapeError("gradient", f"coordinates {h.aval} do not fit axis {axis} of {x.aval}")
    column = tuple(n - 1 if k == axis else 1 for k in range(x.ndim))
    step = reshape(diff(h), column) if h.ndim else broadcast_to(h, column)
    rise = div(sub(between(x, axis, 1, n), between(x, axis, 0, n - 1)), step)

    def pick(v: Any, start: int, stop: int) -> Any:
        return between(v, axis, start, stop)

    before, after = pick(step, 0, n - 2), pick(step, 1, n - 1)
    weighted = add(mul(pick(rise, 0, n - 2), after), mul(pick(rise, 1, n - 1), before))
    inside = div(weighted, add(before, after))
    first, last = pick(rise, 0, 1), pick(rise, n - 2, n - 1)
    if order == 2:
        first = at_end(first, pick(rise, 1, 2), pick(step, 0, 1), pick(step, 1, 2))
        steps = pick(step, n - 2, n - 1), pick(step, n - 3, n - 2)
        last = at_end(last, pick(rise, n - 3, n - 2), *steps)
    return concatenate([first, inside, last], axis)


def at_end(near: Any, far: Any, near_step: Any, far_step: Any) -> Any:
    """The slope at the end of a parabola with these slopes over its last two steps."""
    return sub(near, div(mul(sub(far, near), near_step), add(near_step, far_step)))


def periodic(x: Any, points: Any, heights: Any, period: Any) -> tuple[Any, Any, Any]:
    """Interpolation within one period: the points in order, with a neighbour at either end."""
    turn = math.abs_(period)
    x, points = remainder(x, turn), remainder(points, turn)
    order = argsort(points)
    points, heights = take(points, order, 0, "clip"), take(heights, order, 0, "clip")
    n = points.size
    first, last = ([between(v, 0, k, k + 1) for v in (points, heights)] for k in (0, n - 1))
    points = concatenate([sub(last[0], turn), points, add(first[0], turn)])
    return x, points, concatenate([last[1], heights, first[1]])


def sliding(who: str, x: Any, w: Any, mode: str, flip: bool) -> Any:
    """The products of one vector with the shorter one at every overlap.

    Raises:
        ShapeError: an operand is no vector, or empty.
    """
    way = choice(who, "mode", mode, ("full", "same", "valid"))
    if x.ndim != 1 or w.ndim != 1 or not (x.size and w.size):
        raise ShapeError(who, f"wants vectors with elements, got {x.aval} and {w.aval}")
    swapped = x.size < w.size
    x, w = (w, x) if swapped else (x, w)
    m = w.size
    w = reverse(w, (0,)) if flip else w
    before, after = {"full": (m - 1, m - 1), "same": (m // 2, m - m // 2 - 1), "valid": (0, 0)}[way]
    out = conv_general(reshape(x, (1, x.size, 1)), reshape(w, (1, m, 1)), (1,), ((before, after),))
    out = reshape(out, (out.size,))
    return reverse(out, (0,)) if swapped and not flip else out
