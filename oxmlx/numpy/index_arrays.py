"""Indices as data: of diagonals and triangles, of grids, raveled and unraveled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype
from oxmlx.errors import ShapeError
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    Shape,
    choice,
    shape_of,
    static_int,
    value,
    values,
)
from oxmlx.numpy.indexing import bounded, integers
from oxmlx.numpy.searching import flatnonzero, nonzero, unraveled
from oxmlx.ops import select as selecting
from oxmlx.ops.axes import full
from oxmlx.ops.convert import cast, from_numpy
from oxmlx.ops.elementwise import add, mul
from oxmlx.ops.logic import lt
from oxmlx.ops.select import clamp
from oxmlx.ops.shape import reshape
from oxmlx.ops.slicing import iota


def unravel_index(indices: ArrayLike, shape: Shape) -> tuple[Array, ...]:
    """Indices in a flattened array as indices along each axis.

    Args:
        indices: integers; negative ones count from the end, those outside move to the nearest.
        shape: the extents.

    >>> import oxmlx.numpy as np
    >>> np.unravel_index(np.array([1, 5]), (2, 3))
    (array([0, 1], dtype=int32), array([1, 2], dtype=int32))
    """
    extents = shape_of("unravel_index", shape)
    flat, n = integers("unravel_index", indices), prod(extents)
    flat = clamp(0, selecting.select(lt(flat, 0), add(flat, n), flat), max(n - 1, 0))
    return unraveled(flat, extents)


def ravel_multi_index(
    multi_index: ArrayLike | Sequence[ArrayLike],
    dims: Shape,
    mode: str = "raise",
    order: str = "C",
    *,
    dtype: Any = None,
) -> Array:
    """Indices along each axis as indices in the flattened array.

    Args:
        multi_index: integers, one array an axis.
        dims: the extents.
        mode: what an index out of range does: "raise", for which it must be known, "wrap", "clip".
        order: "C" counts along the last axis first, "F" along the first one.
        dtype: int32 by default.

    Raises:
        OutOfBoundsError: an index is out of range and mode is "raise".
        ConcretizationError: mode is "raise" and an index is traced.

    >>> import oxmlx.numpy as np
    >>> np.ravel_multi_index((np.array([0, 1]), np.array([1, 2])), (2, 3))
    array([1, 5], dtype=int32)
    """
    extents = shape_of("ravel_multi_index", dims)
    given = [integers("ravel_multi_index", i) for i in values(multi_index, "ravel_multi_index")]
    if len(given) != len(extents):
        problem = f"got {len(given)} indices for {len(extents)} extents"
        raise ShapeError("ravel_multi_index", problem)
    own = INT32 if dtype is None else as_dtype(dtype, "ravel_multi_index")
    index = [cast(i, own) for i in bounded("ravel_multi_index", given, extents, mode)]
    rows = choice("ravel_multi_index", "order", order, ("C", "F")) == "C"
    flat: Any = full((), 0, own)
    for k in range(len(extents)) if rows else reversed(range(len(extents))):
        flat = add(mul(flat, extents[k]), index[k])
    return flat


def ix_(*args: ArrayLike) -> tuple[Array, ...]:
    """Vectors of indices as arrays that select every combination of them.

    Args:
        args: vectors of integers, or of bools that are known.

    Raises:
        ShapeError: an argument is no vector.

    >>> import oxmlx.numpy as np
    >>> x = np.arange(9).reshape(3, 3)
    >>> x[np.ix_(np.array([0, 2]), np.array([0, 2]))]
    array([[0, 2],
           [6, 8]], dtype=int32)
    """
    out: list[Any] = []
    for k, a in enumerate(args):
        x = value(a, "ix_")
        if x.ndim != 1:
            raise ShapeError("ix_", f"wants vectors, got {x.aval}", "Flatten it with x.ravel().")
        x = flatnonzero(x) if x.dtype.kind == "b" else x
        out.append(reshape(x, tuple(x.size if k == j else 1 for j in range(len(args)))))
    return tuple(out)


def diag_indices(n: int, ndim: int = 2) -> tuple[Array, ...]:
    """The indices of the main diagonal of an array of `ndim` axes of extent n.

    >>> import oxmlx.numpy as np
    >>> np.diag_indices(2)
    (array([0, 1], dtype=int32), array([0, 1], dtype=int32))
    """
    count = shape_of("diag_indices", n)
    return (iota(INT32, count, 0),) * static_int("diag_indices", "ndim", ndim)


def diag_indices_from(arr: ArrayLike) -> tuple[Array, ...]:
    """The indices of the main diagonal of an array of equal extents.

    Raises:
        ShapeError: it has fewer than two axes, or extents that differ.

    >>> import oxmlx.numpy as np
    >>> np.diag_indices_from(np.zeros((2, 2)))[0]
    array([0, 1], dtype=int32)
    """
    x = value(arr, "diag_indices_from")
    if x.ndim < 2 or len(set(x.shape)) > 1:
        raise ShapeError("diag_indices_from", f"wants equal extents, got {x.aval}")
    return diag_indices(x.shape[0], x.ndim)


def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Array, Array]:
    """The indices of what is not above the k-th diagonal of a matrix (n, m).

    >>> import oxmlx.numpy as np
    >>> np.tril_indices(2)
    (array([0, 1, 1], dtype=int32), array([0, 0, 1], dtype=int32))
    """
    shape, by = triangle("tril_indices", n, k, m)
    return known_pair(np.nonzero(np.tri(*shape, by, dtype=bool)))


def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Array, Array]:
    """The indices of what is not below the k-th diagonal of a matrix (n, m).

    >>> import oxmlx.numpy as np
    >>> np.triu_indices(2)
    (array([0, 0, 1], dtype=int32), array([0, 1, 1], dtype=int32))
    """
    shape, by = triangle("triu_indices", n, k, m)
    return known_pair(np.nonzero(~np.tri(*shape, by - 1, dtype=bool)))


def tril_indices_from(arr: ArrayLike, k: int = 0) -> tuple[Array, Array]:
    """The indices of what is not above the k-th diagonal of a matrix.

    >>> import oxmlx.numpy as np
    >>> np.tril_indices_from(np.zeros((2, 1)))[0]
    array([0, 1], dtype=int32)
    """
    return tril_indices(*matrix_shape("tril_indices_from", arr, k))


def triu_indices_from(arr: ArrayLike, k: int = 0) -> tuple[Array, Array]:
    """The indices of what is not below the k-th diagonal of a matrix.

    >>> import oxmlx.numpy as np
    >>> np.triu_indices_from(np.zeros((1, 2)))[1]
    array([0, 1], dtype=int32)
    """
    return triu_indices(*matrix_shape("triu_indices_from", arr, k))


def mask_indices(
    n: int, mask_func: Callable[..., Any], k: Any = 0, *, size: int | None = None
) -> tuple[Array, ...]:
    """The indices that a function such as `np.triu` leaves in a matrix (n, n).

    >>> import oxmlx.numpy as np
    >>> np.mask_indices(2, np.triu, 1)
    (array([0], dtype=int32), array([1], dtype=int32))
    """
    whole = full(shape_of("mask_indices", (n, n)), 1, INT32)
    return nonzero(mask_func(whole, k), size=size)


def triangle(who: str, n: Any, k: Any, m: Any) -> tuple[tuple[int, int], int]:
    """The shape of a matrix and the number of a diagonal."""
    rows, columns = shape_of(who, (n, n if m is None else m))
    return (rows, columns), static_int(who, "k", k)


def known_pair(pair: Any) -> tuple[Any, Any]:
    """Indices that NumPy has found, as arrays."""
    rows, columns = (from_numpy(i.astype(INT32)) for i in pair)
    return rows, columns


def matrix_shape(who: str, arr: Any, k: int) -> tuple[int, int, int]:
    """What names a triangle of a matrix: rows, diagonal, columns.

    Raises:
        ShapeError: it is no matrix.
    """
    x = value(arr, who)
    if x.ndim != 2:
        raise ShapeError(who, f"wants a matrix, got {x.aval}")
    return x.shape[0], k, x.shape[1]
