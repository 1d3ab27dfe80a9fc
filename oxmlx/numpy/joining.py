"""Arrays side by side, on top of each other, and in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from oxmlx.dtypes import as_dtype
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import (
    Array,
    ArrayLike,
    axis_of,
    refuse_out,
    value,
    values,
)
from oxmlx.numpy.shaping import atleast_1d, atleast_2d, atleast_3d, transpose, unsqueeze
from oxmlx.ops import slicing
from oxmlx.ops.convert import cast
from oxmlx.ops.shape import reshape

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
    refuse_array("concatenate", axis)
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
    refuse_array("stack", axis)
    refuse_out("stack", out)
    xs = values(arrays, "stack")
    if len({x.shape for x in xs}) > 1:
        shapes = " and ".join(str(x.shape) for x in xs)
        raise ShapeError(
            "stack",
            f"arrays must have one shape, got {shapes}",
            "Use concatenate for arrays that differ along one axis.",
        )
    if xs:
        axis = axis_of("stack", axis, xs[0].ndim + 1)
    return join("stack", [unsqueeze(x, (axis,)) for x in xs], axis, dtype)


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
        raise ArgumentError(
            "block",
            "the blocks lie at different depths of the lists",
            "Nest every list as deep as the others.",
        )
    depth = depths.pop()
    return joined(arrays, depth, max([depth, *(x.ndim for x in blocks(arrays))]))


def append(arr: ArrayLike, values: ArrayLike, axis: int | None = None) -> Array:
    """Two arrays side by side along an axis, flattened by default.

    >>> import oxmlx.numpy as np
    >>> np.append(np.array([1, 2]), 3)
    array([1, 2, 3], dtype=int32)
    """
    return join("append", [value(arr, "append"), value(values, "append")], axis)


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
        advice = "Give the smaller ones a new axis, as x[None] does."
        if 0 in ranks:
            advice = "Use atleast_1d, or stack."
        raise ShapeError(who, f"arrays must have one rank above 0, got {listed}", advice)
    if dtype is not None:
        wanted = as_dtype(dtype, who)
        xs = [cast(x, wanted) for x in xs]
    return slicing.concatenate(xs, axis_of(who, axis, xs[0].ndim))


def refuse_array(who: str, axis: Any) -> None:
    """Refuse an array in the place of the axis.

    Raises:
        ArgumentError: it has axes of its own.
    """
    if getattr(axis, "ndim", 0):
        problem = f"the second argument is an axis, got an array of shape {axis.shape}"
        raise ArgumentError(who, problem, f"The arrays are one sequence, as in {who}([x, y]).")


def along(who: str, arr: Any, axis: int | None) -> tuple[Any, int]:
    """An array and one of its axes; `None` flattens."""
    x = value(arr, who)
    if axis is None:
        return reshape(x, (x.size,)), 0
    return x, axis_of(who, axis, x.ndim)


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
