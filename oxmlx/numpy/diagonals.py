"""Diagonals and triangles of matrices. With the rows in a row, a diagonal is every (n + 1)-th
element."""

from __future__ import annotations

from math import prod
from typing import Any

from oxmlx.dtypes import as_dtype
from oxmlx.errors import AxisError, ShapeError
from oxmlx.numpy.arguments import (
    BOOL,
    INT32,
    Array,
    ArrayLike,
    axis_of,
    converted,
    refuse_inplace,
    refuse_out,
    static_int,
    value,
)
from oxmlx.numpy.reductions import wide
from oxmlx.numpy.shaping import ravel, resize
from oxmlx.ops import slicing
from oxmlx.ops.axes import full, reduce_sum
from oxmlx.ops.convert import cast
from oxmlx.ops.elementwise import add
from oxmlx.ops.logic import ge
from oxmlx.ops.select import select
from oxmlx.ops.shape import broadcast_to, reshape, transpose
from oxmlx.ops.slicing import iota, slice_, zero_of


def diag(v: ArrayLike, k: int = 0) -> Array:
    """The k-th diagonal of a matrix, or the matrix with a vector on it.

    Raises:
        ShapeError: v is neither a vector nor a matrix.

    >>> import oxmlx.numpy as np
    >>> np.diag(np.array([1, 2]))
    array([[1, 0],
           [0, 2]], dtype=int32)
    >>> np.diag(np.array([[1, 2], [3, 4]]), 1)
    array([2], dtype=int32)
    """
    x = value(v, "diag")
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ShapeError(
            "diag",
            f"wants a vector or a matrix, got {x.aval}",
            "Use diagonal for arrays of higher rank.",
        )
    shift = static_int("diag", "k", k)
    n = x.size + abs(shift)
    first = max(shift, 0) - min(shift, 0) * n
    last = first + max(x.size - 1, 0) * (n + 1) + min(x.size, 1)
    flat = slicing.pad(x, 0, [(first, n * n - last, n)])
    return reshape(flat, (n, n))


def diagflat(v: ArrayLike, k: int = 0) -> Array:
    """The matrix with the elements of an array on its k-th diagonal.

    >>> import oxmlx.numpy as np
    >>> np.diagflat(np.array([[1], [2]]))
    array([[1, 0],
           [0, 2]], dtype=int32)
    """
    x = value(v, "diagflat")
    return diag(reshape(x, (x.size,)), k)


def diagonal(a: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The elements whose indices along two axes differ by the offset, along a new last axis.

    Args:
        a: an array of two axes or more.
        offset: the index along axis2 less that along axis1.
        axis1, axis2: the two axes.

    Raises:
        AxisError: the axes are one.

    >>> import oxmlx.numpy as np
    >>> np.diagonal(np.array([[1, 2, 3], [4, 5, 6]]), 1)
    array([2, 6], dtype=int32)
    """
    x = value(a, "diagonal")
    i, j = axis_of("diagonal", axis1, x.ndim), axis_of("diagonal", axis2, x.ndim)
    if i == j:
        raise AxisError("diagonal", f"needs two axes, got {axis1} twice")
    k = static_int("diagonal", "offset", offset)
    rest = tuple(a for a in range(x.ndim) if a not in (i, j))
    m, n = x.shape[i], x.shape[j]
    lead = tuple(x.shape[a] for a in rest)
    flat = reshape(transpose(x, (*rest, i, j)), (*lead, m * n))
    count = max(min(m + min(k, 0), n - max(k, 0)), 0)
    first = max(k, 0) - min(k, 0) * n
    last = first + (count - 1) * (n + 1) + 1
    bounds = (first, last) if count else (0, 0)
    zeros, steps = (0,) * len(lead), (1,) * len(lead)
    return slice_(flat, (*zeros, bounds[0]), (*lead, bounds[1]), (*steps, n + 1))


def trace(
    a: ArrayLike,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: Any = None,
    out: None = None,
) -> Array:
    """The sum of a diagonal, small integers in 32 bits; the arguments are those of `diagonal`.

    >>> import oxmlx.numpy as np
    >>> np.trace(np.array([[1, 2], [3, 4]]))
    array(5, dtype=int32)
    """
    refuse_out("trace", out)
    x = diagonal(a, offset, axis1, axis2)
    own = wide(x.dtype) if dtype is None else as_dtype(dtype, "trace")
    return reduce_sum(cast(x, own), (x.ndim - 1,))


def tril(m: ArrayLike, k: int = 0) -> Array:
    """Matrices with zeros above the k-th diagonal.

    >>> import oxmlx.numpy as np
    >>> np.tril(np.array([[1, 2], [3, 4]]))
    array([[1, 0],
           [3, 4]], dtype=int32)
    """
    x = value(m, "tril")
    return select(below(x, "tril", k), x, zero_of(x.dtype))


def triu(m: ArrayLike, k: int = 0) -> Array:
    """Matrices with zeros below the k-th diagonal.

    >>> import oxmlx.numpy as np
    >>> np.triu(np.array([[1, 2], [3, 4]]))
    array([[1, 2],
           [0, 4]], dtype=int32)
    """
    x = value(m, "triu")
    return select(below(x, "triu", k - 1), zero_of(x.dtype), x)


def fill_diagonal(
    a: ArrayLike, val: ArrayLike, wrap: bool = False, *, inplace: bool = True
) -> Array:
    """An array with other numbers on its main diagonal.

    Args:
        a: an array of two axes, or of more that are equally long.
        val: a number, or the numbers of the diagonal, repeated as often as it takes.
        wrap: let the diagonal of a tall matrix start again below its end.
        inplace: must be `False`: arrays are immutable.

    Raises:
        ImmutableError: inplace is true.

    >>> import oxmlx.numpy as np
    >>> np.fill_diagonal(np.zeros((2, 2)), 5, inplace=False)
    array([[5., 0.],
           [0., 5.]], dtype=float32)
    """
    refuse_inplace("fill_diagonal", inplace)
    x = value(a, "fill_diagonal")
    if x.ndim < 2 or (x.ndim > 2 and len(set(x.shape)) > 1):
        problem = f"wants a matrix, or an array of equal extents, got {x.aval}"
        raise ShapeError("fill_diagonal", problem)
    step = 1 + sum(prod(x.shape[k + 1 :]) for k in range(x.ndim - 1))
    end = x.size if wrap or x.ndim > 2 else min(x.size, x.shape[1] ** 2)
    count = -(-end // step)
    new = ravel(converted("fill_diagonal", val, x.dtype))
    new = resize(new, count) if new.size != 1 else broadcast_to(new, (count,))
    apart = [(0, x.size - (count - 1) * step - 1 if count else 0, step - 1)]
    here = slicing.pad(full((count,), True, BOOL), False, apart)
    flat = select(here, slicing.pad(new, zero_of(x.dtype), apart), reshape(x, (x.size,)))
    return reshape(flat, x.shape)


def below(x: Any, who: str, k: Any) -> Any:
    """Where matrices have their k-th diagonal and what is below it.

    Raises:
        ShapeError: there are fewer than two axes.
    """
    if x.ndim < 2:
        raise ShapeError(who, f"wants matrices, got {x.aval}")
    row, column = iota(INT32, x.shape, x.ndim - 2), iota(INT32, x.shape, x.ndim - 1)
    return ge(add(row, k) if isinstance(k, Array) or k else row, column)
