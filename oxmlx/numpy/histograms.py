"""Counting elements: by their value, or by the bin that they lie in."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from math import prod
from typing import Any

from oxmlx.array.construct import array
from oxmlx.dtypes import is_integer
from oxmlx.errors import ArgumentError, DtypeError, ShapeError
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    converted,
    inexact,
    inexact_arrays,
    static_int,
    strong,
    value,
)
from oxmlx.numpy.grids import linspace
from oxmlx.numpy.reductions import max, min, sum
from oxmlx.numpy.searching import extent_of, searchsorted
from oxmlx.numpy.shaping import between, ravel
from oxmlx.ops.axes import full
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import add, div, mul, sub
from oxmlx.ops.gather import scatter
from oxmlx.ops.logic import and_, eq, ge, lt
from oxmlx.ops.math import constant
from oxmlx.ops.select import maximum, select
from oxmlx.ops.shape import reshape


def bincount(
    x: ArrayLike, weights: ArrayLike | None = None, minlength: int = 0, *, length: int | None = None
) -> Array:
    """How often each number from 0 on occurs.

    Args:
        x: a vector of integers; negative ones count as 0.
        weights: what each of them adds, instead of 1.
        minlength: at least so many counts.
        length: the number of counts, which must be given if x is traced; larger numbers are not
            counted.

    Raises:
        ConcretizationError: x is traced and there is no length.
        DtypeError: x holds no integers.
        ShapeError: x is no vector, or the weights have another shape.

    >>> import oxmlx.numpy as np
    >>> np.bincount(np.array([0, 2, 2]))
    array([1, 0, 2], dtype=int32)
    """
    numbers = value(x, "bincount")
    if not is_integer(numbers.dtype):
        raise DtypeError(
            "bincount",
            f"wants integers, got {numbers.aval}",
            "Convert it with .astype(ox.int32), or use histogram.",
        )
    if numbers.ndim != 1:
        raise ShapeError(
            "bincount", f"wants a vector, got {numbers.aval}", "Flatten it with x.ravel()."
        )
    each = full(numbers.shape, 1, INT32) if weights is None else value(weights, "bincount")
    if each.shape != numbers.shape:
        raise ShapeError("bincount", f"weights {each.aval} do not fit {numbers.aval}")
    if length is None:
        least = static_int("bincount", "minlength", minlength)
        top = add(max(numbers), 1) if numbers.size else 0
        length = builtins.max(extent_of("bincount", top, None), least)
    return counted(maximum(numbers, 0), each, length)


def histogram_bin_edges(
    a: ArrayLike,
    bins: ArrayLike | Sequence[float] = 10,
    range: Sequence[Any] | None = None,
    weights: ArrayLike | None = None,
) -> Array:
    """The edges of bins of equal width, or given ones.

    Args:
        a: numbers.
        bins: how many, or their edges.
        range: where the first one starts and the last one ends; by default the extremes of `a`.
        weights: ignored.

    >>> import oxmlx.numpy as np
    >>> np.histogram_bin_edges(np.array([0.0, 4.0]), 4)
    array([0., 1., 2., 3., 4.], dtype=float32)
    """
    return edges_of("histogram_bin_edges", ravel(inexact(a, "histogram_bin_edges")), bins, range)


def histogram(
    a: ArrayLike,
    bins: ArrayLike | Sequence[float] = 10,
    range: Sequence[Any] | None = None,
    weights: ArrayLike | None = None,
    density: bool | None = None,
) -> tuple[Array, Array]:
    """How many elements lie in each bin, as floats, and the edges of the bins.

    Args:
        a: numbers.
        bins: how many bins of equal width, or their edges; the last bin holds its upper edge too.
        range: where the first one starts and the last one ends; by default the extremes of `a`.
        weights: what each element adds, instead of 1.
        density: divide by the total and by the widths, so that the histogram has area 1.

    Raises:
        ShapeError: the weights have another shape.

    >>> import oxmlx.numpy as np
    >>> np.histogram(np.array([1.0, 2.0, 2.5, 4.0]), bins=3)
    (array([1., 2., 1.], dtype=float32), array([1., 2., 3., 4.], dtype=float32))
    """
    sample = [value(a, "histogram")]
    counts, (edges,) = binned("histogram", sample, [bins], [range], weights, density)
    return counts, edges


def histogram2d(
    x: ArrayLike,
    y: ArrayLike,
    bins: Any = 10,
    range: Sequence[Any] | None = None,
    weights: ArrayLike | None = None,
    density: bool | None = None,
) -> tuple[Array, Array, Array]:
    """How many points of the plane lie in each rectangle, and the edges along x and y.

    >>> import oxmlx.numpy as np
    >>> np.histogram2d(np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0]), 2)[0]
    array([[1, 0],
           [0, 2]], dtype=int32)
    """
    sample = [value(v, "histogram2d") for v in (x, y)]
    paired = isinstance(bins, Sequence) and len(bins) == 2
    each = list(bins) if paired else [bins, bins]
    ranges = [None, None] if range is None else range
    counts, (first, second) = binned("histogram2d", sample, each, ranges, weights, density)
    return counts, first, second


def histogramdd(
    sample: ArrayLike | Sequence[ArrayLike],
    bins: Any = 10,
    range: Sequence[Any] | None = None,
    weights: ArrayLike | None = None,
    density: bool | None = None,
) -> tuple[Array, list[Array]]:
    """How many points lie in each box, and the edges along each coordinate.

    Args:
        sample: one point a row, or a sequence of one vector a coordinate.
        bins: how many, or their edges; one for all coordinates or one each.
        range: (start, end) for each coordinate, or `None` for the extremes.
        weights, density: as in `histogram`.

    Raises:
        ArgumentError: bins or ranges that do not fit the number of coordinates.

    >>> import oxmlx.numpy as np
    >>> np.histogramdd(np.array([[0.0, 0.0], [1.0, 1.0]]), 2)[0]
    array([[1, 0],
           [0, 1]], dtype=int32)
    """
    if isinstance(sample, Sequence):
        points = [value(v, "histogramdd") for v in sample]
    else:
        rows = value(sample, "histogramdd")
        rows = rows if rows.ndim == 2 else reshape(rows, (rows.size, 1))
        points = [ravel(between(rows, 1, k, k + 1)) for k in builtins.range(rows.shape[1])]
    each = [bins] * len(points) if isinstance(bins, int) else list(bins)
    ranges = [None] * len(points) if range is None else list(range)
    if len(each) != len(points) or len(ranges) != len(points):
        problem = f"got {len(each)} bins and {len(ranges)} ranges for {len(points)} coordinates"
        raise ArgumentError("histogramdd", problem)
    return binned("histogramdd", points, each, ranges, weights, density)


def binned(
    who: str,
    sample: Sequence[Any],
    bins: Sequence[Any],
    ranges: Sequence[Any],
    weights: Any,
    density: bool | None,
) -> tuple[Any, list[Any]]:
    """Counts of points in boxes, and the edges along each coordinate."""
    points = [strong(ravel(x)) for x in inexact_arrays(who, *sample)]
    edges = [edges_of(who, *item) for item in zip(points, bins, ranges, strict=True)]
    sizes = [e.size - 1 for e in edges]
    dtype = points[0].dtype
    count = dtype if who == "histogram" or density else INT32  # as in JAX
    each = full(points[0].shape, 1, count) if weights is None else ravel(inexact(weights, who))
    if each.shape != points[0].shape:
        raise ShapeError(who, f"weights {each.aval} do not fit {points[0].aval}")
    box: Any = 0
    kept: Any = None
    for x, e, n in zip(points, edges, sizes, strict=True):
        place = searchsorted(e, x, "right")
        last = reshape(between(e, 0, n, n + 1), ())
        place = sub(select(eq(x, last), n, place), 1)
        inside = and_(ge(place, 0), lt(place, n))
        kept = inside if kept is None else and_(kept, inside)
        box = add(mul(box, n), place)
    total = prod(sizes)
    counts = reshape(counted(select(kept, box, total), each, total), tuple(sizes))
    if density:
        counts = div(counts, sum(counts))
        for k, (e, n) in enumerate(zip(edges, sizes, strict=True)):
            width = sub(between(e, 0, 1, n + 1), between(e, 0, 0, n))
            column = [n if k == j else 1 for j in builtins.range(len(sizes))]
            counts = div(counts, cast(reshape(width, tuple(column)), counts.dtype))
    return counts, edges


def edges_of(who: str, x: Any, bins: Any, span: Any) -> Any:
    """The edges of bins of equal width, or given ones.

    Raises:
        ArgumentError: bins is a rule by name, or no positive number.
        ShapeError: the edges are no vector.
    """
    if isinstance(bins, str):
        raise ArgumentError(who, f"bins got {bins!r}", "Give a number of bins, or their edges.")
    if isinstance(bins, Sequence) or getattr(bins, "ndim", 0):
        edges = strong(inexact(array(bins), who))
        if edges.ndim != 1:
            raise ShapeError(who, f"edges must be a vector, got {edges.aval}")
        return cast(edges, x.dtype)
    n = static_int(who, "bins", bins)
    if n < 1:
        raise ArgumentError(who, f"bins must be positive, got {n}")
    if span is None:
        low, high = (min(x), max(x)) if x.size else (constant(0, x), constant(1, x))
    else:
        low, high = (converted(who, end, x.dtype) for end in span)
    point = eq(low, high)
    low, high = select(point, sub(low, 0.5), low), select(point, add(high, 0.5), high)
    return linspace(low, high, n + 1, dtype=x.dtype)


def counted(places: Any, each: Any, n: int) -> Any:
    """The sums of what is added at each of n places; what lies outside is dropped."""
    return scatter(full((n,), 0, each.dtype), each, (places,), (0,), combine="add")
