"""Arrays joined and split, tiled and repeated."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    Shape,
    axis_of,
    ints,
    refuse_out,
    static_int,
    value,
    values,
)
from oxmlx.numpy.shaping import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    between,
    one_or_list,
    swapaxes,
    unsqueeze,
)
from oxmlx.ops import slicing
from oxmlx.ops.axes import broadcast
from oxmlx.ops.convert import cast, promote_dtypes
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.elementwise import sub
from oxmlx.ops.gather import take
from oxmlx.ops.logic import le
from oxmlx.ops.shape import reshape

Arrays = ArrayLike | Sequence[ArrayLike]


def concatenate(arrays: Arrays, axis: int | None = 0, dtype: Any = None) -> Array:
    """Arrays side by side along an axis.

    Args:
        arrays: a sequence of arrays, or one array whose rows are joined.
        axis: the axis; `None` joins the flattened arrays.
        dtype: by default the one that holds them all.

    Raises:
        ArgumentError: there is no array.
        ShapeError: the arrays differ along another axis.

    >>> import oxmlx.numpy as np
    >>> np.concatenate([np.array([1, 2]), np.array([3.5])])
    array([1. , 2. , 3.5], dtype=float32)
    """
    return join("concatenate", values(arrays, "concatenate"), axis, dtype)


def concat(arrays: Sequence[ArrayLike], /, *, axis: int | None = 0) -> Array:
    """Arrays side by side along an axis, as `concatenate`.

    >>> import oxmlx.numpy as np
    >>> np.concat([np.zeros((2, 1)), np.ones((2, 1))], axis=1)
    array([[0., 1.],
           [0., 1.]], dtype=float32)
    """
    return join("concat", values(arrays, "concat"), axis)


def stack(arrays: Arrays, axis: int = 0, out: None = None, dtype: Any = None) -> Array:
    """Arrays of one shape along a new axis.

    Raises:
        ArgumentError: there is no array.
        ShapeError: the shapes differ.

    >>> import oxmlx.numpy as np
    >>> np.stack([np.array([1, 2]), np.array([3, 4])], axis=1)
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    refuse_out("stack", out)
    xs = values(arrays, "stack")
    if len({x.shape for x in xs}) > 1:
        shapes = " and ".join(str(x.shape) for x in xs)
        raise ShapeError("stack", f"arrays must have one shape, got {shapes}")
    if xs:
        axis = axis_of("stack", axis, xs[0].ndim + 1)
    return join("stack", [unsqueeze(x, (axis,)) for x in xs], axis, dtype)


def unstack(x: ArrayLike, /, *, axis: int = 0) -> tuple[Array, ...]:
    """The slices of an array along an axis.

    >>> import oxmlx.numpy as np
    >>> np.unstack(np.array([[1, 2], [3, 4]]))
    (array([1, 2], dtype=int32), array([3, 4], dtype=int32))
    """
    y = value(x, "unstack")
    k = axis_of("unstack", axis, y.ndim)
    shape = (*y.shape[:k], *y.shape[k + 1 :])
    return tuple(reshape(between(y, k, i, i + 1), shape) for i in range(y.shape[k]))


def vstack(tup: Arrays, dtype: Any = None) -> Array:
    """Rows on top of each other.

    >>> import oxmlx.numpy as np
    >>> np.vstack([np.array([1, 2]), np.array([3, 4])])
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
    return join("vstack", [atleast_2d(x) for x in values(tup, "vstack")], 0, dtype)


def hstack(tup: Arrays, dtype: Any = None) -> Array:
    """Arrays side by side: along the second axis, vectors along the first.

    >>> import oxmlx.numpy as np
    >>> np.hstack([np.array([1, 2]), np.array([3])])
    array([1, 2, 3], dtype=int32)
    """
    xs = [atleast_1d(x) for x in values(tup, "hstack")]
    return join("hstack", xs, 0 if xs and xs[0].ndim == 1 else 1, dtype)


def dstack(tup: Arrays, dtype: Any = None) -> Array:
    """Arrays behind each other, along the third axis.

    >>> import oxmlx.numpy as np
    >>> np.dstack([np.array([1, 2]), np.array([3, 4])])
    array([[[1, 3],
            [2, 4]]], dtype=int32)
    """
    return join("dstack", [atleast_3d(x) for x in values(tup, "dstack")], 2, dtype)


def column_stack(tup: Arrays) -> Array:
    """Vectors as the columns of a matrix.

    >>> import oxmlx.numpy as np
    >>> np.column_stack([np.array([1, 2]), np.array([3, 4])])
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    xs = values(tup, "column_stack")
    return join("column_stack", [atleast_2d(x).T if x.ndim < 2 else x for x in xs], 1)


def block(arrays: Any) -> Array:
    """An array from nested lists of blocks: the innermost lists are joined along the last axis.

    Raises:
        ArgumentError: the lists are not nested evenly, or one is empty.

    >>> import oxmlx.numpy as np
    >>> np.block([[np.ones((1, 2)), np.zeros((1, 1))], [np.zeros((1, 3))]])
    array([[1., 1., 0.],
           [0., 0., 0.]], dtype=float32)
    """
    depths = set(list_depths(arrays))
    if len(depths) != 1:
        raise ArgumentError("block", "the blocks lie at different depths of the lists")
    depth = depths.pop()
    ranks = [x.ndim for x in (value(x, "block") for x in flattened(arrays))]
    return joined_blocks(arrays, 0, depth, max([depth, *ranks]))


def append(arr: ArrayLike, values: ArrayLike, axis: int | None = None) -> Array:
    """Two arrays side by side along an axis, flattened by default.

    >>> import oxmlx.numpy as np
    >>> np.append(np.array([1, 2]), 3)
    array([1, 2, 3], dtype=int32)
    """
    return join("append", [value(arr, "append"), value(values, "append")], axis)


def array_split(ary: ArrayLike, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Parts of an array along an axis, as equal as they can be.

    Args:
        ary: an array.
        indices_or_sections: how many parts, or the places to cut at.
        axis: the axis to cut.

    >>> import oxmlx.numpy as np
    >>> np.array_split(np.arange(5), 2)
    [array([0, 1, 2], dtype=int32), array([3, 4], dtype=int32)]
    """
    return cut("array_split", ary, indices_or_sections, axis, even=False)


def split(ary: ArrayLike, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Equal parts of an array along an axis, or parts between given places.

    Raises:
        ArgumentError: there are no so many equal parts.

    >>> import oxmlx.numpy as np
    >>> np.split(np.arange(4), 2), np.split(np.arange(3), [1])[1]
    ([array([0, 1], dtype=int32), array([2, 3], dtype=int32)], array([1, 2], dtype=int32))
    """
    return cut("split", ary, indices_or_sections, axis)


def vsplit(ary: ArrayLike, indices_or_sections: Any) -> list[Array]:
    """Equal parts along the first axis.

    >>> import oxmlx.numpy as np
    >>> [x.shape for x in np.vsplit(np.zeros((4, 2)), 2)]
    [(2, 2), (2, 2)]
    """
    return cut("vsplit", ary, indices_or_sections, 0)


def hsplit(ary: ArrayLike, indices_or_sections: Any) -> list[Array]:
    """Equal parts along the second axis; of a vector, along the first.

    >>> import oxmlx.numpy as np
    >>> [x.shape for x in np.hsplit(np.zeros((2, 4)), 2)]
    [(2, 2), (2, 2)]
    """
    x = value(ary, "hsplit")
    return cut("hsplit", x, indices_or_sections, 0 if x.ndim == 1 else 1)


def dsplit(ary: ArrayLike, indices_or_sections: Any) -> list[Array]:
    """Equal parts along the third axis.

    >>> import oxmlx.numpy as np
    >>> [x.shape for x in np.dsplit(np.zeros((1, 1, 4)), 2)]
    [(1, 1, 2), (1, 1, 2)]
    """
    return cut("dsplit", ary, indices_or_sections, 2)


def tile(A: ArrayLike, reps: Shape) -> Array:
    """The array repeated as a whole.

    Args:
        A: an array.
        reps: how often along each axis, aligned at the right.

    >>> import oxmlx.numpy as np
    >>> np.tile(np.array([1, 2]), (2, 2))
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]], dtype=int32)
    """
    x, times = value(A, "tile"), ints("tile", "reps", reps)
    rank = max(x.ndim, len(times))
    times = (1,) * (rank - len(times)) + times
    shape = (1,) * (rank - x.ndim) + x.shape
    new = tuple(2 * k for k, n in enumerate(times) if n != 1)
    pairs = [m for n, extent in zip(times, shape, strict=True) for m in (n, extent)]
    if not new:
        return reshape(x, shape)
    return tiled(reshape(x, shape), pairs, tuple(n * m for n, m in zip(times, shape, strict=True)))


def repeat(
    a: ArrayLike,
    repeats: ArrayLike | Sequence[int],
    axis: int | None = None,
    *,
    total_repeat_length: int | None = None,
) -> Array:
    """Each element repeated.

    Args:
        a: an array.
        repeats: how often: one number, or one for each slice along the axis.
        axis: the axis; `None` repeats the elements of the flattened array.
        total_repeat_length: the extent of the result, which must be given if `repeats` is traced;
            what is missing repeats the last slice, what is too much is cut off.

    >>> import oxmlx.numpy as np
    >>> np.repeat(np.array([1, 2]), 2), np.repeat(np.array([1, 2]), np.array([1, 3]))
    (array([1, 1, 2, 2], dtype=int32), array([1, 2, 2, 2], dtype=int32))
    """
    x = value(a, "repeat")
    if axis is None:
        x, axis = reshape(x, (x.size,)), 0
    if x.ndim == 0:
        x = reshape(x, (1,))
    k = axis_of("repeat", axis, x.ndim)
    n = x.shape[k]
    if total_repeat_length is None:
        times = ints("repeat", "repeats", repeats)
        if len(times) == 1:
            return repeated(x, times[0], k)
        if len(times) != n:
            raise ShapeError("repeat", f"got {len(times)} repeats for the {n} slices of {x.aval}")
        return take(x, np.repeat(np.arange(n), times), k)
    total = static_int("repeat", "total_repeat_length", total_repeat_length)
    counts = value(np.asarray(repeats) if isinstance(repeats, Sequence) else repeats, "repeat")
    if counts.shape not in ((), (1,), (n,)):
        raise ShapeError("repeat", f"got repeats {counts.aval} for the {n} slices of {x.aval}")
    ends = cumsum(broadcast_counts(counts, n), 0)
    place = slicing.iota(INT32, (total, n), 0)
    passed = cast(le(broadcast(ends, (total, n), (0,)), place), INT32)
    return take(x, reduce_sum(passed, (1,)), k, mode="clip")


def insert(
    arr: ArrayLike, obj: Any, values: ArrayLike, axis: int | None = None
) -> Array:
    """An array with further slices before given places.

    Args:
        arr: an array.
        obj: places, known while tracing: an integer, a slice or a sequence of integers.
        values: the new slices.
        axis: the axis; `None` works on the flattened array.

    Raises:
        OutOfBoundsError: there is no such place.

    >>> import oxmlx.numpy as np
    >>> np.insert(np.array([1, 2, 3]), 1, 9)
    array([1, 9, 2, 3], dtype=int32)
    """
    x, new = value(arr, "insert"), value(values, "insert")
    if axis is None:
        x, axis = reshape(x, (x.size,)), 0
    k = axis_of("insert", axis, x.ndim)
    n = x.shape[k]
    new = cast(new, x.dtype)
    where = static_places("insert", obj, n, n + 1)
    if where.ndim == 0:
        new = moved_front(new, k, x.ndim)
    count = where.size if where.ndim else 1
    ...
