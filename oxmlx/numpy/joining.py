"""Arrays joined and split, tiled and repeated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from oxmlx.dtypes import as_dtype
from oxmlx.errors import ArgumentError, DtypeError, OutOfBoundsError, ShapeError
from oxmlx.ir.value import Tracer, Value
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    Shape,
    axis_of,
    converted,
    ints,
    refuse_out,
    static_int,
    value,
    values,
)
from oxmlx.numpy.shaping import atleast_1d, atleast_2d, atleast_3d, between, transpose, unsqueeze
from oxmlx.ops import slicing
from oxmlx.ops.axes import broadcast, reduce_sum
from oxmlx.ops.bounds import wrap
from oxmlx.ops.convert import cast
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.elementwise import add, sub
from oxmlx.ops.gather import take
from oxmlx.ops.logic import le
from oxmlx.ops.shape import broadcast_to, moveaxis, reshape
from oxmlx.ops.slicing import iota
from oxmlx.ops.sort import sort

Arrays: TypeAlias = "ArrayLike | Sequence[ArrayLike]"


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
    return join("column_stack", [transpose(atleast_2d(x)) if x.ndim < 2 else x for x in xs], 1)


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
    return joined(arrays, depth, max([depth, *(x.ndim for x in blocks(arrays))]))


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
    pairs = tuple(m for pair in zip(times, shape, strict=True) for m in pair)
    copies = broadcast(reshape(x, shape), pairs, tuple(range(0, 2 * rank, 2)))
    return reshape(copies, tuple(n * m for n, m in zip(times, shape, strict=True)))


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
    x, k = along("repeat", atleast_1d(a), axis)
    n = x.shape[k]
    if total_repeat_length is None:
        times = ints("repeat", "repeats", repeats)
        if len(times) == 1:
            return repeated(x, times[0], k)
        if len(times) != n:
            raise ShapeError("repeat", f"got {len(times)} repeats for the {n} slices of {x.aval}")
        return take(x, np.repeat(np.arange(n), times), k, "clip")
    total = static_int("repeat", "total_repeat_length", total_repeat_length)
    counts = value(np.asarray(repeats) if isinstance(repeats, Sequence) else repeats, "repeat")
    if counts.shape not in ((), (1,), (n,)):
        raise ShapeError("repeat", f"got repeats {counts.aval} for the {n} slices of {x.aval}")
    ends = cumsum(broadcast_to(counts, (n,)), 0)
    place = iota(ends.dtype, (total, n), 0)
    passed = cast(le(broadcast(ends, (total, n), (0,)), place), INT32)
    return take(x, reduce_sum(passed, (1,)), k, "clip")


def insert(arr: ArrayLike, obj: Any, values: ArrayLike, axis: int | None = None) -> Array:
    """An array with further slices before given places.

    Args:
        arr: an array.
        obj: places, known while tracing: an integer, a slice or a sequence of integers.
        values: the new slices, of one place or of all.
        axis: the axis; `None` works on the flattened array.

    Raises:
        OutOfBoundsError: there is no such place.

    >>> import oxmlx.numpy as np
    >>> np.insert(np.array([1, 2, 3]), np.array([0, 2]), np.array([8, 9]))
    array([8, 1, 2, 9, 3], dtype=int32)
    """
    x, k = along("insert", arr, axis)
    n = x.shape[k]
    places = static_places("insert", obj, n, n + 1)
    new = converted("insert", values, x.dtype)
    new = reshape(new, (1,) * (x.ndim - new.ndim) + new.shape)
    if places.ndim == 0:
        new = moveaxis(new, 0, k)
    one = places.size == 1
    count = new.shape[k] if one else places.size
    new = broadcast_to(new, (*x.shape[:k], count, *x.shape[k + 1 :]))
    if one:
        at = int(places.reshape(()))
        return slicing.concatenate([between(x, k, 0, at), new, between(x, k, at, n)], k)
    order = np.argsort(places, kind="stable")
    source = np.full(n + count, -1)
    source[places[order] + np.arange(count)] = n + order
    source[source < 0] = np.arange(n)
    return take(slicing.concatenate([x, new], k), source, k, "clip")


def delete(
    arr: ArrayLike, obj: Any, axis: int | None = None, *, assume_unique_indices: bool = False
) -> Array:
    """An array without some slices.

    Args:
        arr: an array.
        obj: their places: an integer, a slice, a sequence of integers or of bools.
        axis: the axis; `None` works on the flattened array.
        assume_unique_indices: a promise that lets a sequence of integers be traced.

    Raises:
        ConcretizationError: traced places that may be equal, so that the extent is not known.
        OutOfBoundsError: there is no such place.

    >>> import oxmlx.numpy as np
    >>> np.delete(np.array([1, 2, 3, 4]), np.array([0, 2]))
    array([2, 4], dtype=int32)
    """
    x, k = along("delete", arr, axis)
    n = x.shape[k]
    if isinstance(obj, Tracer) and (obj.ndim == 0 or assume_unique_indices):
        return take(x, remaining(obj, n), k, "clip")
    places = static_places("delete", obj, n, n)
    gone = np.unique(places)
    if gone.size and gone[-1] - gone[0] == gone.size - 1:  # neighbours: two slices stay
        stays = [between(x, k, 0, int(gone[0])), between(x, k, int(gone[-1]) + 1, n)]
        return slicing.concatenate(stays, k)
    return take(x, np.delete(np.arange(n), gone), k, "clip") if gone.size else x


def join(who: str, xs: Sequence[Any], axis: int | None, dtype: Any = None) -> Any:
    """Arrays side by side along an axis, or flattened.

    Raises:
        ArgumentError: there is no array.
        ShapeError: the ranks differ, or are 0.
    """
    if not xs:
        raise ArgumentError(who, "got no array", "Give it at least one.")
    if axis is None:
        xs, axis = [reshape(x, (x.size,)) for x in xs], 0
    ranks = {x.ndim for x in xs}
    if len(ranks) > 1 or ranks == {0}:
        listed = " and ".join(str(x.aval) for x in xs)
        raise ShapeError(who, f"arrays must have one rank above 0, got {listed}")
    if dtype is not None:
        wanted = as_dtype(dtype, who)
        xs = [cast(x, wanted) for x in xs]
    return slicing.concatenate(xs, axis_of(who, axis, xs[0].ndim))


def cut(who: str, ary: Any, where: Any, axis: int, even: bool = True) -> list[Any]:
    """Parts of an array between places along an axis.

    Raises:
        ArgumentError: there are no so many parts, or no so many equal ones.
    """
    x = value(ary, who)
    k = axis_of(who, axis, x.ndim)
    n = x.shape[k]
    if np.ndim(where):
        stops = [min(max(i + n if i < 0 else i, 0), n) for i in ints(who, "places", where)]
        stops.append(n)
    else:
        parts = static_int(who, "sections", where)
        if parts < 1 or (even and n % parts):
            what = "equal parts" if even else "parts"
            raise ArgumentError(who, f"axis {k} of {x.aval} has no {parts} {what}")
        longer = n % parts
        stops = list(np.cumsum([n // parts + (i < longer) for i in range(parts)]))
    starts = [0, *stops[:-1]]
    return [between(x, k, i, max(i, j)) for i, j in zip(starts, map(int, stops), strict=True)]


def repeated(x: Any, times: int, axis: int) -> Any:
    """Each slice along an axis, so many times."""
    if times < 0:
        raise ArgumentError("repeat", f"repeats must not be negative, got {times}")
    shape = (*x.shape[: axis + 1], times, *x.shape[axis + 1 :])
    out = broadcast(x, shape, (axis + 1,))
    return reshape(out, (*x.shape[:axis], x.shape[axis] * times, *x.shape[axis + 1 :]))


def along(who: str, arr: Any, axis: int | None) -> tuple[Any, int]:
    """An array and one of its axes; `None` flattens."""
    x = value(arr, who)
    if axis is None:
        return reshape(x, (x.size,)), 0
    return x, axis_of(who, axis, x.ndim)


def static_places(who: str, obj: Any, n: int, limit: int) -> np.ndarray[Any, Any]:
    """Places along an axis of n elements that are known now, counted from the start.

    Raises:
        ConcretizationError: they are traced.
        DtypeError: they are no integers.
        OutOfBoundsError: there is no such place below the limit.
    """
    if isinstance(obj, slice):
        return np.arange(n)[obj]
    given = obj.concrete(f"places to {who}") if isinstance(obj, Value) else np.asarray(obj)
    if given.dtype == bool:
        if given.shape != (n,):
            raise ShapeError(who, f"a mask of shape {given.shape} for an axis of {n} elements")
        return np.flatnonzero(given)
    if given.size and given.dtype.kind not in "iu":
        raise DtypeError(who, f"places must be integers, got {given.dtype}")
    places = given.astype(np.int64)
    places = np.where(places < 0, places + n, places)
    if places.size and not 0 <= places.min() <= places.max() < limit:
        raise OutOfBoundsError(who, f"place {given} of an axis of {n} elements")
    return places if places.ndim < 2 else places.reshape(-1)


def remaining(obj: Any, n: int) -> Any:
    """The places of an axis of n elements that are not among some distinct ones."""
    (gone,) = sort([wrap(reshape(obj, (obj.size,)), n)], 0)
    m = obj.size
    before = sub(gone, iota(gone.dtype, (m,), 0))  # how many stay before each one that goes
    rank = iota(gone.dtype, (n - m, m), 0)
    passed = cast(le(broadcast(before, (n - m, m), (0,)), rank), gone.dtype)
    return add(iota(gone.dtype, (n - m,), 0), reduce_sum(passed, (1,)))


def list_depths(x: Any, depth: int = 0) -> Iterator[int]:
    """How many lists each block lies in; an empty list counts as deeper than any block.

    Raises:
        ArgumentError: a list is empty.
    """
    if not isinstance(x, list):
        yield depth
        return
    if not x:
        raise ArgumentError("block", "got an empty list", "Leave it out.")
    for item in x:
        yield from list_depths(item, depth + 1)


def blocks(x: Any) -> Iterator[Any]:
    """The blocks of nested lists, as arrays."""
    if isinstance(x, list):
        for item in x:
            yield from blocks(item)
    else:
        yield value(x, "block")


def joined(x: Any, depth: int, rank: int) -> Any:
    """Nested lists `depth` deep as one array of this rank."""
    if depth == 0:
        y = value(x, "block")
        return reshape(y, (1,) * (rank - y.ndim) + y.shape)
    return join("block", [joined(item, depth - 1, rank) for item in x], -depth)
