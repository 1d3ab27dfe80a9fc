"""Ranges of numbers and grids of coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite
from numbers import Number
from typing import Any

import numpy as np

from oxmlx import conversion
from oxmlx.dtypes import Dtype, as_dtype, is_inexact, is_integer, promote_types, result_type
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import (
    FLOAT32,
    INT32,
    Array,
    ArrayLike,
    axis_of,
    choice,
    converted,
    inexact_arrays,
    shape_of,
    static_int,
    strong,
    value,
)
from oxmlx.numpy.creation import Place, at
from oxmlx.numpy.joining import stack
from oxmlx.numpy.shaping import between, broadcast_arrays
from oxmlx.ops import math
from oxmlx.ops.axes import broadcast, full
from oxmlx.ops.convert import cast, from_numpy, literal
from oxmlx.ops.elementwise import add, div, mul, sub
from oxmlx.ops.math import constant
from oxmlx.ops.shape import reshape
from oxmlx.ops.slicing import concatenate, iota


def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: Any = None, *, device: Place = None
) -> Array:
    """start, start + step, ... below stop; `arange(stop)` starts at 0.

    Args:
        start, stop, step: numbers known while tracing.
        dtype: by default int32 if all are integers, else float32.
        device: where the array lives.

    Raises:
        ArgumentError: the step is 0.
        ConcretizationError: a number is traced.

    >>> import oxmlx.numpy as np
    >>> np.arange(3), np.arange(0, 1, 0.25)
    (array([0, 1, 2], dtype=int32), array([0.  , 0.25, 0.5 , 0.75], dtype=float32))
    """
    given = [x for x in (start, stop, step) if x is not None]
    own = result_type(*given) if dtype is None else as_dtype(dtype, "arange")
    first, last = (0, start) if stop is None else (start, stop)
    first, last, by = (real_number(x) for x in (first, last, 1 if step is None else step))
    if by == 0:
        raise ArgumentError("arange", "the step is 0")
    span = last - first
    n = max(-(-span // by) if isinstance(span, int) and isinstance(by, int) else ceil(span / by), 0)
    work = INT32 if own.kind == "b" else working(own)
    with at(device):
        out = iota(work, (n,), 0)
        if by != 1:
            out = mul(out, as_number(by, work))
        return cast(add(out, as_number(first, work)) if first != 0 else out, own)


def linspace(
    start: ArrayLike,
    stop: ArrayLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Place = None,
) -> Any:
    """Equally spaced numbers from start to stop.

    Args:
        start, stop: the ends; arrays give a grid of their common shape.
        num: how many.
        endpoint: whether stop is the last of them.
        retstep: also return the distance between neighbours.
        dtype: by default that of the ends, integers becoming float32.
        axis: where the new axis goes.
        device: where the array lives.

    >>> import oxmlx.numpy as np
    >>> np.linspace(0, 1, 5)
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    n = static_int("linspace", "num", num)
    if n < 0:
        raise ArgumentError("linspace", f"num must not be negative, got {n}")
    with at(device):
        first, last, own = ends_of("linspace", start, stop, dtype)
        k = axis_of("linspace", axis, first.ndim + 1)
        if isinstance(start, Number) and isinstance(stop, Number):
            out = from_numpy(known_line(start, stop, n, endpoint, own))
        else:
            low, high = (cast(x, working(x.dtype)) for x in (first, last))
            out = line(low, high, n, k, endpoint)
            out = cast(math.floor(out) if is_integer(own) else out, own)
    if not retstep:
        return out
    steps = n - 1 if endpoint else n
    step = div(sub(last, first), steps) if steps > 0 else full((), np.nan, first.dtype)
    return out, step


def logspace(
    start: ArrayLike,
    stop: ArrayLike,
    num: int = 50,
    endpoint: bool = True,
    base: ArrayLike = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Array:
    """Powers of a base, their exponents equally spaced from start to stop.

    >>> import oxmlx.numpy as np
    >>> np.logspace(0, 3, 4, base=2)
    array([1., 2., 4., 8.], dtype=float32)
    """
    first, last, own = ends_of("logspace", start, stop, dtype)
    exponents: Any = linspace(first, last, num, endpoint, axis=axis)
    return strong(cast(math.power(base, exponents), own))


def geomspace(
    start: ArrayLike,
    stop: ArrayLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Array:
    """Numbers from start to stop whose neighbours have one ratio; the ends have one sign.

    >>> import oxmlx.numpy as np
    >>> np.geomspace(1, 100, 3)
    array([  1.,  10., 100.], dtype=float32)
    """
    n = static_int("geomspace", "num", num)
    first, last, own = ends_of("geomspace", start, stop, dtype)
    k = axis_of("geomspace", axis, first.ndim + 1)
    shape = (*first.shape[:k], n, *first.shape[k:])
    ratio, level = (broadcast(x, shape, (k,)) for x in (div(last, first), first))
    steps = max(n - 1 if endpoint else n, 1)
    t = div(iota(first.dtype, shape, k), constant(steps, first))
    out = mul(level, math.power(ratio, t))
    return cast(with_last(out, last, k) if endpoint and n > 1 else out, own)


def meshgrid(
    *xi: ArrayLike, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> list[Array]:
    """The coordinates of a grid: one array an axis.

    Args:
        xi: the coordinates along each axis.
        copy: ignored; arrays are immutable.
        sparse: leave extent 1 along the other axes.
        indexing: "ij" for axes in the order of the arguments, "xy" with the first two exchanged.

    >>> import oxmlx.numpy as np
    >>> np.meshgrid(np.array([1, 2]), np.array([3, 4]))
    [array([[1, 2], [1, 2]], dtype=int32), array([[3, 3], [4, 4]], dtype=int32)]
    """
    order = list(range(len(xi)))
    if choice("meshgrid", "indexing", indexing, ("xy", "ij")) == "xy":
        order[:2] = order[:2][::-1]
    columns: list[Any] = []
    for k, x in zip(order, xi, strict=True):
        x = value(x, "meshgrid")
        if x.ndim > 1:
            raise ShapeError("meshgrid", f"coordinates must be vectors, got {x.aval}")
        columns.append(reshape(x, tuple(x.size if k == a else 1 for a in range(len(xi)))))
    return columns if sparse else broadcast_arrays(*columns)


def indices(dimensions: Sequence[int], dtype: Any = None, sparse: bool = False) -> Any:
    """The index of each element of an array of a shape: along the first axis, one row an axis.

    Args:
        dimensions: the shape.
        dtype: int32 by default.
        sparse: return a tuple of arrays with extent 1 along the other axes.

    >>> import oxmlx.numpy as np
    >>> np.indices((2, 2))[0], np.indices((2, 2), sparse=True)[1]
    (array([[0, 0], [1, 1]], dtype=int32), array([[0, 1]], dtype=int32))
    """
    shape = shape_of("indices", dimensions)
    own = INT32 if dtype is None else as_dtype(dtype, "indices")
    if sparse:
        ones = [tuple(n if a == k else 1 for a in range(len(shape))) for k, n in enumerate(shape)]
        return tuple(iota(own, column, k) for k, column in enumerate(ones))
    if not shape:
        return full((0,), 0, own)
    return stack([iota(own, shape, k) for k in range(len(shape))])


def ends_of(who: str, start: Any, stop: Any, dtype: Any) -> tuple[Any, Any, Dtype]:
    """The ends of a range in the dtype to compute it in, and the dtype of the result."""
    first, last = inexact_arrays(who, start, stop)
    own = first.dtype if dtype is None else as_dtype(dtype, who)
    work = promote_types(first.dtype, own) if is_inexact(own) else first.dtype
    first, last = broadcast_arrays(*(converted(who, x, work) for x in (start, stop)))
    return first, last, own


def known_line(start: Any, stop: Any, n: int, endpoint: bool, dtype: Dtype) -> Any:
    """n equally spaced numbers between numbers, in full precision until they are rounded."""
    data = np.linspace(start, stop, n, endpoint)
    return conversion.cast(np.floor(data) if is_integer(dtype) else data, dtype)


def line(first: Any, last: Any, n: int, axis: int, endpoint: bool) -> Any:
    """n equally spaced numbers between arrays, along a new axis."""
    shape = (*first.shape[:axis], n, *first.shape[axis:])
    low, high = (broadcast(x, shape, (axis,)) for x in (first, last))
    t = iota(first.dtype, shape, axis)
    t = div(t, constant(max(n - 1 if endpoint else n, 1), t))
    out = add(mul(low, sub(constant(1, t), t)), mul(high, t))
    return with_last(out, last, axis) if endpoint and n > 1 else out


def with_last(x: Any, last: Any, axis: int) -> Any:
    """`x` with exactly this last slice, whatever rounding did."""
    n = x.shape[axis]
    end = broadcast(last, (*last.shape[:axis], 1, *last.shape[axis:]), (axis,))
    return concatenate([between(x, axis, 0, n - 1), end], axis)


def working(dtype: Dtype) -> Dtype:
    """The dtype to count in: float32 for 16-bit floats, which have few whole numbers."""
    return FLOAT32 if is_inexact(dtype) and dtype.itemsize == 2 else dtype


def real_number(x: Any) -> Any:
    """A number that is known while tracing, as a Python number.

    Raises:
        ArgumentError: it is no finite real number.
        ConcretizationError: it is traced.
    """
    number = x.item() if hasattr(x, "item") else x
    if not isinstance(number, int | float) or not isfinite(number):
        raise ArgumentError("arange", f"wants finite real numbers, got {x!r:.80}")
    return number


def as_number(x: float, dtype: Dtype) -> Any:
    """A number as a literal; among integers its fraction is cut off."""
    return literal(int(x) if is_integer(dtype) else x, dtype, "arange")
