"""Reductions: sums, products, extremes and moments over axes.

Small integers sum in 32 bits, bools as int32; means and variances of integers are float32; 16-bit
floats are averaged in float32; the variance takes two passes.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod as product
from typing import Any, TypeAlias

import numpy as np

from oxmlx.dtypes import Dtype, as_dtype, is_complex, is_inexact, is_integer
from oxmlx.errors import ArgumentError
from oxmlx.ir.value import Value
from oxmlx.numpy.arguments import (
    BOOL,
    FLOAT32,
    INT32,
    Array,
    ArrayLike,
    Axes,
    as_bool,
    axes_of,
    converted,
    refuse_out,
    strong,
    value,
)
from oxmlx.numpy.complexes import real_part
from oxmlx.numpy.extrema import maximum, minimum
from oxmlx.numpy.shaping import between, unsqueeze
from oxmlx.ops import math, reduction
from oxmlx.ops.axes import broadcast, reduce_sum
from oxmlx.ops.complex import conj
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import add, div, mul, sub, zero
from oxmlx.ops.logic import ne
from oxmlx.ops.select import select
from oxmlx.ops.shape import broadcast_to, reshape, transpose
from oxmlx.ops.sort import sort

UINT32 = np.dtype(np.uint32)
Reduce = Callable[[Any, tuple[int, ...]], Any]
Where: TypeAlias = "ArrayLike | None"


def sum(
    a: ArrayLike,
    axis: Axes = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: Where = None,
    promote_integers: bool = True,
) -> Array:
    """The sum of the elements over axes.

    Args:
        a: numbers.
        axis: the axes to sum over; all by default.
        dtype: the dtype to sum in; by default that of the array, 32 bits for smaller integers.
        out: not supported.
        keepdims: keep the axes, with extent 1.
        initial: a number to start from.
        where: which elements count.
        promote_integers: whether small integers are summed in 32 bits.

    >>> import oxmlx.numpy as np
    >>> np.sum(np.array([[1, 2], [3, 4]]), axis=0)
    array([4, 6], dtype=int32)
    """
    x = summand("sum", a, dtype, out, promote_integers)
    return reduced("sum", reduce_sum, x, axis, keepdims, where, 0, initial, add)


def prod(
    a: ArrayLike,
    axis: Axes = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: Where = None,
    promote_integers: bool = True,
) -> Array:
    """The product of the elements over axes; the arguments are those of `sum`.

    >>> import oxmlx.numpy as np
    >>> np.prod(np.array([1, 2, 3, 4]))
    array(24, dtype=int32)
    """
    x = summand("prod", a, dtype, out, promote_integers)
    return reduced("prod", reduction.reduce_prod, x, axis, keepdims, where, 1, initial, mul)


def max(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: Where = None,
) -> Array:
    """The largest element over axes; NaN if there is one.

    Args:
        a: numbers.
        axis: the axes; all by default.
        out: not supported.
        keepdims: keep the axes, with extent 1.
        initial: a number that the result is not below.
        where: which elements count; needs `initial`.

    Raises:
        ShapeError: there is no element, and no `initial`.

    >>> import oxmlx.numpy as np
    >>> np.max(np.array([[1, 5], [3, 4]]), axis=1)
    array([5, 4], dtype=int32)
    """
    refuse_out("max", out)
    return extreme("max", reduction.reduce_max, maximum, a, axis, keepdims, initial, where)


def min(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: Where = None,
) -> Array:
    """The smallest element over axes, NaN if there is one; the arguments are those of `max`.

    >>> import oxmlx.numpy as np
    >>> np.min(np.array([[1, 5], [3, 4]]), axis=1)
    array([1, 3], dtype=int32)
    """
    refuse_out("min", out)
    return extreme("min", reduction.reduce_min, minimum, a, axis, keepdims, initial, where)


amax, amin = max, min


def ptp(a: ArrayLike, axis: Axes = None, out: None = None, keepdims: bool = False) -> Array:
    """The distance from the smallest to the largest element over axes.

    >>> import oxmlx.numpy as np
    >>> np.ptp(np.array([3, 1, 7]))
    array(6, dtype=int32)
    """
    refuse_out("ptp", out)
    return sub(max(a, axis, keepdims=keepdims), min(a, axis, keepdims=keepdims))


def all(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: Where = None,
) -> Array:
    """Whether all elements over axes differ from 0.

    >>> import oxmlx.numpy as np
    >>> np.all(np.array([[True, False], [True, True]]), axis=0)
    array([ True, False], dtype=bool)
    """
    refuse_out("all", out)
    x = as_bool(value(a, "all"))
    return reduced("all", reduction.reduce_and, x, axis, keepdims, where, True)


def any(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: Where = None,
) -> Array:
    """Whether any element over axes differs from 0.

    >>> import oxmlx.numpy as np
    >>> np.any(np.array([[True, False], [False, False]]), axis=1)
    array([ True, False], dtype=bool)
    """
    refuse_out("any", out)
    x = as_bool(value(a, "any"))
    return reduced("any", reduction.reduce_or, x, axis, keepdims, where, False)


def count_nonzero(a: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Array:
    """How many elements over axes differ from 0.

    >>> import oxmlx.numpy as np
    >>> np.count_nonzero(np.array([[1, 0], [2, 3]]), axis=0)
    array([2, 1], dtype=int32)
    """
    x = cast(as_bool(value(a, "count_nonzero")), INT32)
    return reduced("count_nonzero", reduce_sum, x, axis, keepdims)


def mean(
    a: ArrayLike,
    axis: Axes = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: Where = None,
) -> Array:
    """The mean over axes; NaN if there is no element.

    Args:
        a: numbers.
        axis: the axes; all by default.
        dtype: the dtype of the result; by default that of the array, float32 for integers.
        out: not supported.
        keepdims: keep the axes, with extent 1.
        where: which elements count.

    >>> import oxmlx.numpy as np
    >>> np.mean(np.array([[1, 2], [3, 5]]), axis=0)
    array([2. , 3.5], dtype=float32)
    """
    refuse_out("mean", out)
    x, own = averaged("mean", a, dtype)
    total = reduced("mean", reduce_sum, x, axis, keepdims, where, 0)
    return cast(div(total, count("mean", x, axis, keepdims, where)), own)


def var(
    a: ArrayLike,
    axis: Axes = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Where = None,
    mean: ArrayLike | None = None,
    correction: float | None = None,
) -> Array:
    """The mean squared distance from the mean over axes.

    Args:
        a: numbers.
        axis: the axes; all by default.
        dtype: the dtype of the result; by default that of the array, float32 for integers.
        out: not supported.
        ddof: what is taken off the number of elements before dividing.
        keepdims: keep the axes, with extent 1.
        where: which elements count.
        mean: the mean, if it is known, with the axes kept.
        correction: another name of ddof.

    Raises:
        ArgumentError: both ddof and correction are given.

    >>> import oxmlx.numpy as np
    >>> np.var(np.array([1.0, 2.0, 3.0, 4.0])), np.var(np.array([1.0, 2.0]), ddof=1)
    (array(1.25, dtype=float32), array(0.5, dtype=float32))
    """
    refuse_out("var", out)
    x, own = averaged("var", a, dtype)
    spread = squares("var", x, axis, keepdims, where, mean)
    freedom = count("var", x, axis, keepdims, where) - freedoms("var", ddof, correction)
    return cast(div(spread, freedom), as_real(own))


def std(
    a: ArrayLike,
    axis: Axes = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Where = None,
    mean: ArrayLike | None = None,
    correction: float | None = None,
) -> Array:
    """The root of the variance over axes; the arguments are those of `var`.

    >>> import oxmlx.numpy as np
    >>> np.std(np.array([1.0, 3.0]))
    array(1., dtype=float32)
    """
    refuse_out("std", out)
    x, own = averaged("std", a, dtype)
    spread = squares("std", x, axis, keepdims, where, mean)
    freedom = count("std", x, axis, keepdims, where) - freedoms("std", ddof, correction)
    return cast(math.sqrt(div(spread, freedom)), as_real(own))


def reduced(
    who: str,
    reduce: Reduce,
    x: Any,
    axis: Axes,
    keepdims: bool,
    where: Any = None,
    identity: Any = None,
    initial: Any = None,
    combine: Callable[[Any, Any], Any] | None = None,
) -> Any:
    """Reduce axes of an array, of those elements that count."""
    axes = axes_of(who, axis, x.ndim)
    x = strong(x)
    if where is not None:
        fill = identity if isinstance(identity, Value) else x.dtype.type(identity)
        x = select(as_bool(value(where, who)), x, fill)
    out = reduce(x, axes)
    if initial is not None and combine is not None:
        out = combine(out, converted(who, initial, x.dtype))
    return unsqueeze(out, axes) if keepdims else out


def extreme(
    who: str,
    reduce: Reduce,
    pair: Callable[[Any, Any], Any],
    a: Any,
    axis: Axes,
    keepdims: bool,
    initial: Any,
    where: Any,
) -> Any:
    """The largest or the smallest element, of those that count.

    Raises:
        ArgumentError: it is not said what no element gives.
    """
    x = value(a, who)
    if where is not None and initial is None:
        problem = "where= may leave no element, which has no largest or smallest"
        raise ArgumentError(who, problem, "Say with initial= what no element gives.")
    start = None if initial is None else converted(who, initial, x.dtype)
    axes = axes_of(who, axis, x.ndim)
    if start is not None and 0 in (x.shape[k] for k in axes):
        rest = tuple(n for k, n in enumerate(x.shape) if k not in axes)
        out = broadcast_to(start, rest)
        return unsqueeze(out, axes) if keepdims else out
    if is_complex(x.dtype):
        reduce = smallest if pair is minimum else largest
    return reduced(who, reduce, x, axis, keepdims, where, start, start, pair)


def largest(x: Any, axes: tuple[int, ...]) -> Any:
    """The last of complex numbers in order, NaN being the last of all."""
    rows = in_order(x, axes)
    n = rows.shape[-1]
    return reshape(between(rows, rows.ndim - 1, n - 1, n), rows.shape[:-1])


def smallest(x: Any, axes: tuple[int, ...]) -> Any:
    """The first of complex numbers in order, or NaN if there is one."""
    rows = in_order(x, axes)
    first = reshape(between(rows, rows.ndim - 1, 0, 1), rows.shape[:-1])
    last = largest(x, axes)
    return select(ne(last, last), last, first)


def in_order(x: Any, axes: tuple[int, ...]) -> Any:
    """The elements of axes, sorted along one last axis."""
    rest = tuple(k for k in range(x.ndim) if k not in axes)
    lead = tuple(x.shape[k] for k in rest)
    rows = reshape(transpose(x, (*rest, *axes)), (*lead, product(x.shape[k] for k in axes)))
    return sort([rows], len(lead))[0]


def summand(who: str, a: Any, dtype: Any, out: None, promote_integers: bool = True) -> Any:
    """An array of the dtype that its elements are added or multiplied in."""
    refuse_out(who, out)
    x = value(a, who)
    own = x.dtype if dtype is None else as_dtype(dtype, who)
    return cast(x, wide(own) if dtype is None and promote_integers or own == BOOL else own)


def wide(dtype: Dtype) -> Dtype:
    """32 bits for bools and smaller integers."""
    if dtype.kind == "b" or (is_integer(dtype) and dtype.itemsize < 4):
        return UINT32 if dtype.kind == "u" else INT32
    return dtype


def averaged(who: str, a: Any, dtype: Any) -> tuple[Any, Dtype]:
    """An array of the dtype that its mean is computed in, and the dtype of the result."""
    x = value(a, who)
    default = x.dtype if is_inexact(x.dtype) else FLOAT32
    own = default if dtype is None else as_dtype(dtype, who)
    work = own if is_inexact(own) and own.itemsize > 2 else FLOAT32
    return cast(x, work), own


def as_real(dtype: Dtype) -> Dtype:
    """The dtype of the parts of a complex number."""
    return np.dtype(f"f{dtype.itemsize // 2}") if is_complex(dtype) else dtype


def count(who: str, x: Any, axis: Axes, keepdims: bool, where: Any) -> Any:
    """How many elements of `x` a reduction meets, as a real number."""
    axes = axes_of(who, axis, x.ndim)
    real = as_real(x.dtype)
    if where is None:
        return real.type(product(x.shape[k] for k in axes))
    counted = broadcast_to(as_bool(value(where, who)), x.shape)
    return cast(reduced(who, reduce_sum, cast(counted, INT32), axis, keepdims), real)


def squares(who: str, x: Any, axis: Axes, keepdims: bool, where: Any, centre: Any) -> Any:
    """The sum of the squared distances from the mean."""
    if centre is None:
        axes = axes_of(who, axis, x.ndim)
        centre = broadcast(mean(x, axes, where=where), x.shape, axes)
    distance = sub(x, converted(who, centre, x.dtype))
    if where is not None:  # before squaring, so that what does not count may be NaN
        distance = select(as_bool(value(where, who)), distance, zero(distance))
    square = real_part(mul(distance, conj(distance)))
    return reduced(who, reduce_sum, square, axis, keepdims)


def freedoms(who: str, ddof: Any, correction: Any) -> Any:
    """What is taken off the number of elements.

    Raises:
        ArgumentError: it is said twice.
    """
    if correction is None:
        return ddof
    if not isinstance(ddof, int) or ddof != 0:
        raise ArgumentError(who, "got both ddof and correction", "They mean the same: give one.")
    return correction
