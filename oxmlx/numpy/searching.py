"""Where elements are: those that differ from 0, the extreme ones, places in sorted arrays."""

from __future__ import annotations

from math import prod
from typing import Any

from oxmlx.control.while_loop import fori_loop
from oxmlx.dtypes import is_inexact
from oxmlx.errors import ConcretizationError, ShapeError
from oxmlx.ir.value import Tracer
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    arrays,
    as_bool,
    axis_of,
    choice,
    refuse_out,
    shape_of,
    value,
)
from oxmlx.numpy.comparison import isnan, less
from oxmlx.numpy.joining import stack
from oxmlx.numpy.nan_reductions import replaced
from oxmlx.numpy.reductions import all, count_nonzero
from oxmlx.numpy.shaping import atleast_1d, between, unsqueeze
from oxmlx.ops import reduction
from oxmlx.ops.axes import broadcast, full, reduce_sum
from oxmlx.ops.convert import cast
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.elementwise import add, div, sub
from oxmlx.ops.gather import scatter, take
from oxmlx.ops.logic import and_, ge, lt, not_, or_
from oxmlx.ops.math import rem
from oxmlx.ops.select import select
from oxmlx.ops.shape import reshape
from oxmlx.ops.slicing import iota, reverse
from oxmlx.source import current_location

FEW = 64
"""Up to so many sorted elements, comparing with all of them beats halving."""


def nonzero(a: ArrayLike, *, size: int | None = None, fill_value: Any = None) -> tuple[Array, ...]:
    """The indices of the elements that differ from 0: one array an axis.

    Args:
        a: an array.
        size: how many to return, which must be given if `a` is traced; too many are cut off.
        fill_value: the index where there are too few, or one index an axis; 0 by default.

    Raises:
        ConcretizationError: `a` is traced and there is no size.
        ShapeError: `a` has no axis.

    >>> import oxmlx.numpy as np
    >>> np.nonzero(np.array([[0, 7], [8, 0]]))
    (array([0, 1], dtype=int32), array([1, 0], dtype=int32))
    """
    x = value(a, "nonzero")
    if not x.ndim:
        problem = f"{x.aval} has no axis, so its element has no index"
        raise ShapeError("nonzero", problem, "Use np.atleast_1d first.")
    mask = reshape(as_bool(x), (x.size,))
    total = count_nonzero(mask)
    n = extent_of("nonzero", total, size)
    rank = sub(cumsum(cast(mask, INT32), 0), 1)
    target = select(mask, rank, n)  # n lies outside, and is dropped
    places = iota(INT32, (x.size,), 0)
    flat = scatter(full((n,), 0, INT32), places, (target,), (0,), unique=True)
    found = lt(iota(INT32, (n,), 0), total)
    fills = fill_value if isinstance(fill_value, tuple) else (fill_value,) * x.ndim
    if len(fills) != x.ndim:
        raise ShapeError("nonzero", f"got {len(fills)} fill values for {x.ndim} axes")
    return tuple(
        select(found, index, 0 if fill is None else fill)
        for index, fill in zip(unraveled(flat, x.shape), fills, strict=True)
    )


def flatnonzero(a: ArrayLike, *, size: int | None = None, fill_value: Any = None) -> Array:
    """The indices in the flattened array of the elements that differ from 0.

    >>> import oxmlx.numpy as np
    >>> np.flatnonzero(np.array([[0, 7], [8, 0]]))
    array([1, 2], dtype=int32)
    """
    x = value(a, "flatnonzero")
    return nonzero(reshape(x, (x.size,)), size=size, fill_value=fill_value)[0]


def argwhere(a: ArrayLike, *, size: int | None = None, fill_value: Any = None) -> Array:
    """The indices of the elements that differ from 0: one row an element.

    >>> import oxmlx.numpy as np
    >>> np.argwhere(np.array([[0, 7], [8, 0]]))
    array([[0, 1],
           [1, 0]], dtype=int32)
    """
    x = value(a, "argwhere")
    rows: Any = stack(nonzero(atleast_1d(x), size=size, fill_value=fill_value), 1)
    return rows if x.ndim else full((rows.shape[0], 0), 0, INT32)


def argmax(
    a: ArrayLike, axis: int | None = None, out: None = None, keepdims: bool | None = None
) -> Array:
    """Where the largest element is: the first of several, NaN above numbers.

    Args:
        a: an array.
        axis: the axis to search along; `None` searches the flattened array.
        out: not supported.
        keepdims: keep the axis, with extent 1.

    Raises:
        ShapeError: there is no element.

    >>> import oxmlx.numpy as np
    >>> np.argmax(np.array([[1, 5], [7, 4]]), axis=1)
    array([1, 0], dtype=int32)
    """
    refuse_out("argmax", out)
    return place_of("argmax", reduction.argmax, value(a, "argmax"), axis, keepdims)


def argmin(
    a: ArrayLike, axis: int | None = None, out: None = None, keepdims: bool | None = None
) -> Array:
    """Where the smallest element is: the first of several, NaN below numbers.

    >>> import oxmlx.numpy as np
    >>> np.argmin(np.array([[1, 5], [7, 4]]), axis=1)
    array([0, 1], dtype=int32)
    """
    refuse_out("argmin", out)
    return place_of("argmin", reduction.argmin, value(a, "argmin"), axis, keepdims)


def nanargmax(
    a: ArrayLike, axis: int | None = None, out: None = None, keepdims: bool | None = None
) -> Array:
    """Where the largest element is that is not NaN; -1 if there is none.

    >>> import oxmlx.numpy as np
    >>> np.nanargmax(np.array([np.nan, 1.0, 2.0]))
    array(2, dtype=int32)
    """
    refuse_out("nanargmax", out)
    return nan_place_of("nanargmax", reduction.argmax, a, -1, axis, keepdims)


def nanargmin(
    a: ArrayLike, axis: int | None = None, out: None = None, keepdims: bool | None = None
) -> Array:
    """Where the smallest element is that is not NaN; -1 if there is none.

    >>> import oxmlx.numpy as np
    >>> np.nanargmin(np.array([np.nan, 1.0, 2.0]))
    array(1, dtype=int32)
    """
    refuse_out("nanargmin", out)
    return nan_place_of("nanargmin", reduction.argmin, a, 1, axis, keepdims)


def searchsorted(
    a: ArrayLike,
    v: ArrayLike,
    side: str = "left",
    sorter: ArrayLike | None = None,
    *,
    method: str = "scan",
) -> Array:
    """The places in a sorted vector before which elements go to keep it sorted.

    Args:
        a: a sorted vector; NaN comes last.
        v: elements.
        side: "left" or "right" of equals.
        sorter: the indices that sort `a`, if it is not.
        method: "compare_all" compares with every element; the others of JAX halve.

    Raises:
        ShapeError: `a` is no vector.

    >>> import oxmlx.numpy as np
    >>> np.searchsorted(np.array([1, 2, 2, 3]), np.array([2, 9]))
    array([1, 4], dtype=int32)
    """
    x, y = arrays("searchsorted", a, v)
    if x.ndim != 1:
        raise ShapeError(
            "searchsorted",
            f"wants a vector, got {x.aval}",
            "It is searched along one axis: flatten it with x.ravel(), or use vmap.",
        )
    left = choice("searchsorted", "side", side, ("left", "right")) == "left"
    methods = ("default", "scan", "scan_unrolled", "sort", "compare_all")
    all_at_once = choice("searchsorted", "method", method, methods) == "compare_all"
    if sorter is not None:
        x = take(x, sorter, 0, "clip")
    n = x.size

    def comes_before(element: Any, new: Any) -> Any:
        return ordered(element, new) if left else not_(ordered(new, element))

    if n <= FEW or all_at_once:
        shape = (*y.shape, n)
        element = broadcast(x, shape, tuple(range(y.ndim)))
        before = comes_before(element, broadcast(y, shape, (y.ndim,)))
        return reduce_sum(cast(before, INT32), (y.ndim,))

    def halve(_: Any, bounds: Any) -> Any:
        low, high = bounds
        middle = div(add(low, high), 2)
        right = and_(comes_before(take(x, middle, 0, "clip"), y), lt(low, high))
        return select(right, add(middle, 1), low), select(right, high, middle)

    ends = full(y.shape, 0, INT32), full(y.shape, n, INT32)
    return fori_loop(0, n.bit_length(), halve, ends)[0]


def digitize(
    x: ArrayLike, bins: ArrayLike, right: bool = False, *, method: str | None = None
) -> Array:
    """The number of the bin that each element lies in: 0 before the first edge, and so on.

    Args:
        x: numbers.
        bins: the edges, rising or falling.
        right: whether a bin holds its upper edge instead of its lower one.
        method: as in `searchsorted`.

    >>> import oxmlx.numpy as np
    >>> np.digitize(np.array([0.5, 1.0, 9.0]), np.array([0.0, 1.0, 2.0]))
    array([1, 2, 3], dtype=int32)
    """
    edges, side = value(bins, "digitize"), "left" if right else "right"
    if edges.ndim != 1:
        raise ShapeError("digitize", f"bins must be a vector, got {edges.aval}")
    n = edges.size
    if n == 0:
        return full(value(x, "digitize").shape, 0, INT32)
    way = method or "scan"
    up = searchsorted(edges, x, side, method=way)
    down = sub(n, searchsorted(reverse(edges, (0,)), x, side, method=way))
    first, last = between(edges, 0, 0, 1), between(edges, 0, n - 1, n)
    return select(reshape(ge(last, first), ()), up, down)


def unraveled(flat: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Places in a flattened array as indices along each axis."""
    out: list[Any] = []
    for k, n in enumerate(shape):
        inner = prod(shape[k + 1 :])
        row = div(flat, inner) if inner > 1 else flat
        out.append(rem(row, n) if k and n else row)
    return tuple(out)


def extent_of(who: str, count: Any, size: int | None) -> int:
    """The extent of a result that has `count` elements.

    Raises:
        ConcretizationError: the count is traced and there is no size.
    """
    if size is not None:
        return shape_of(who, size)[0]
    if isinstance(count, Tracer):
        raise ConcretizationError(
            who,
            "the extent of the result depends on values that are not known while tracing",
            "Pass size=, and a fill_value= for what may be missing.",
            where=current_location(),
        )
    return int(count)


def place_of(who: str, of: Any, x: Any, axis: int | None, keepdims: bool | None) -> Any:
    """Where an extreme element is."""
    if axis is None:
        out = of(reshape(x, (x.size,)), 0)
        return reshape(out, (1,) * x.ndim) if keepdims else out
    k = axis_of(who, axis, x.ndim)
    out = of(x, k)
    return unsqueeze(out, (k,)) if keepdims else out


def nan_place_of(
    who: str, of: Any, a: Any, sign: int, axis: int | None, keepdims: bool | None
) -> Any:
    """Where the extreme element is of those that are not NaN; -1 if there is none."""
    x = value(a, who)
    out = place_of(who, of, replaced(who, x, sign * float("inf")), axis, keepdims)
    return select(all(isnan(x), axis, keepdims=bool(keepdims)), -1, out)


def ordered(x: Any, y: Any) -> Any:
    """x < y, where NaN is above every number."""
    if not is_inexact(x.dtype):
        return lt(x, y)
    return or_(less(x, y), and_(isnan(y), not_(isnan(x))))
