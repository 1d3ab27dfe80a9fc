"""Arrays and their elements repeated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import (
    INT32,
    Array,
    ArrayLike,
    Shape,
    ints,
    static_int,
    value,
)
from oxmlx.numpy.joining import along
from oxmlx.numpy.shaping import atleast_1d
from oxmlx.ops.axes import broadcast, reduce_sum
from oxmlx.ops.convert import cast
from oxmlx.ops.cumulative import cumsum
from oxmlx.ops.gather import take
from oxmlx.ops.logic import le
from oxmlx.ops.shape import broadcast_to, reshape
from oxmlx.ops.slicing import iota


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
            raise ShapeError(
                "repeat",
                f"got {len(times)} repeats for the {n} slices of {x.aval}",
                "Pass one number for all, or one for each slice.",
            )
        return take(x, np.repeat(np.arange(n), times), k, "clip")
    total = static_int("repeat", "total_repeat_length", total_repeat_length)
    counts = value(np.asarray(repeats) if isinstance(repeats, Sequence) else repeats, "repeat")
    if counts.shape not in ((), (1,), (n,)):
        raise ShapeError(
            "repeat",
            f"got repeats {counts.aval} for the {n} slices of {x.aval}",
            "Pass one number for all, or one for each slice.",
        )
    ends = cumsum(broadcast_to(counts, (n,)), 0)
    place = iota(ends.dtype, (total, n), 0)
    passed = cast(le(broadcast(ends, (total, n), (0,)), place), INT32)
    return take(x, reduce_sum(passed, (1,)), k, "clip")


def repeated(x: Any, times: int, axis: int) -> Any:
    """Each slice along an axis, so many times."""
    if times < 0:
        raise ArgumentError("repeat", f"repeats must not be negative, got {times}")
    shape = (*x.shape[: axis + 1], times, *x.shape[axis + 1 :])
    out = broadcast(x, shape, (axis + 1,))
    return reshape(out, (*x.shape[:axis], x.shape[axis] * times, *x.shape[axis + 1 :]))
