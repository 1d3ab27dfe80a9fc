"""Parts of arrays at static places."""

from __future__ import annotations

from collections.abc import Sequence

from oxmlx.errors import OutOfBoundsError
from oxmlx.lax.arguments import Array, ArrayLike, axes_of, axis_of, check, ints, static_int, value
from oxmlx.ops import gather
from oxmlx.ops.cumulative import between
from oxmlx.ops.operators import remainder
from oxmlx.ops.shape import reshape
from oxmlx.ops.slicing import slice_


def slice(
    operand: ArrayLike,
    start_indices: Sequence[int],
    limit_indices: Sequence[int],
    strides: Sequence[int] | None = None,
) -> Array:
    """The block of an array from start to limit on each axis.

    Raises:
        ShapeError: a bound lies outside its axis, or a stride is not positive.
        ArgumentError: not one bound for each axis.

    >>> import oxmlx as ox
    >>> ox.lax.slice(ox.array([[1, 2, 3], [4, 5, 6]]), (0, 0), (2, 3), (1, 2))
    array([[1, 3],
           [4, 6]], dtype=int32)
    """
    who = "lax.slice"
    x = value(operand, who)
    starts = ints(who, "start_indices", start_indices, x.ndim)
    stops = ints(who, "limit_indices", limit_indices, x.ndim)
    steps = None if strides is None else ints(who, "strides", strides, x.ndim)
    return slice_(x, starts, stops, steps)


def slice_in_dim(
    operand: ArrayLike,
    start_index: int | None,
    limit_index: int | None,
    stride: int = 1,
    axis: int = 0,
) -> Array:
    """An array from start to limit along one axis; negative bounds count from the end.

    Raises:
        ShapeError: a bound lies outside the axis, or the stride is not positive.

    >>> import oxmlx as ox
    >>> ox.lax.slice_in_dim(ox.array([1, 2, 3, 4]), -3, None, 2)
    array([2, 4], dtype=int32)
    """
    who = "lax.slice_in_dim"
    x = value(operand, who)
    at = axis_of(who, axis, x.ndim)
    n = x.shape[at]

    def place(i: int | None, default: int) -> int:
        i = default if i is None else static_int(who, "a bound", i)
        return i + n if i < 0 else i

    start, stop = place(start_index, 0), place(limit_index, n)
    return between(x, at, start, stop, static_int(who, "stride", stride))


def index_in_dim(operand: ArrayLike, index: int, axis: int = 0, keepdims: bool = True) -> Array:
    """The slice of an array at one place of an axis; a negative one counts from the end.

    Args:
        operand: an array.
        index: a static integer.
        axis: the axis.
        keepdims: keep the axis, with extent 1.

    Raises:
        OutOfBoundsError: the place lies outside.

    >>> import oxmlx as ox
    >>> ox.lax.index_in_dim(ox.array([[1, 2], [3, 4]]), -1, keepdims=False)
    array([3, 4], dtype=int32)
    """
    who = "lax.index_in_dim"
    x, i = value(operand, who), static_int(who, "index", index)
    at = axis_of(who, axis, x.ndim)
    n = x.shape[at]
    if not -n <= i < n:
        raise OutOfBoundsError(who, f"index {i} is out of bounds for axis {at} of extent {n}")
    out = between(x, at, i % n, i % n + 1)
    return out if keepdims else reshape(out, x.aval.without((at,)).shape)


def index_take(src: ArrayLike, idxs: Sequence[ArrayLike], axes: Sequence[int]) -> Array:
    """out[i, …] = the slice of `src` at idxs₀[i], idxs₁[i], … along the axes, each modulo its
    extent.

    Args:
        src: an array.
        idxs: integer arrays of rank 1, one for each of the axes.
        axes: the axes that they index.

    >>> import oxmlx as ox
    >>> x = ox.array([[1, 2], [3, 4]])
    >>> ox.lax.index_take(x, [ox.array([0, 1]), ox.array([1, -1])], (0, 1))
    array([2, 4], dtype=int32)
    """
    who = "lax.index_take"
    x = value(src, who)
    at = axes_of(who, axes, x.ndim)
    rows = [value(i, who) for i in idxs]
    check(who, [(len(rows) == len(at), f"got {len(rows)} arrays of indices for axes {at}")])
    places = [remainder(i, x.shape[a]) for i, a in zip(rows, at, strict=True)]
    return gather.gather(x, places, at)
