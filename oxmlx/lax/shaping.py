"""The same elements in another shape: broadcast, reshape, transpose, reverse."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from oxmlx.errors import AxisError
from oxmlx.lax.arguments import (
    Array,
    ArrayLike,
    Shape,
    axes_of,
    check,
    ints,
    shape_of,
    value,
)
from oxmlx.ops import convert
from oxmlx.ops.axes import broadcast as repeat
from oxmlx.ops.shape import broadcast_to
from oxmlx.ops.shape import reshape as reshaped
from oxmlx.ops.shape import transpose as transposed
from oxmlx.ops.slicing import reverse


def broadcast(operand: ArrayLike, sizes: Sequence[int]) -> Array:
    """The array repeated along new leading axes.

    >>> import oxmlx as ox
    >>> ox.lax.broadcast(ox.array([1, 2]), (2,))
    array([[1, 2],
           [1, 2]], dtype=int32)
    """
    x, new = value(operand, "lax.broadcast"), shape_of("lax.broadcast", sizes)
    return repeat(x, (*new, *x.shape), tuple(range(len(new))))


def broadcast_in_dim(
    operand: ArrayLike, shape: Shape, broadcast_dimensions: Sequence[int]
) -> Array:
    """The array repeated to fill a shape.

    Args:
        operand: an array.
        shape: of the result.
        broadcast_dimensions: the axis of the result that each axis of the operand becomes; an
            extent of 1 stretches.

    Raises:
        ShapeError: an extent that fits neither way, or not one new axis for each.
        AxisError: the result lacks an axis, or one is named twice.

    >>> import oxmlx as ox
    >>> ox.lax.broadcast_in_dim(ox.array([1, 2]), (2, 3), (0,))
    array([[1, 1, 1],
           [2, 2, 2]], dtype=int32)
    """
    who = "lax.broadcast_in_dim"
    x, sizes = value(operand, who), shape_of(who, shape)
    places = axes_of(who, broadcast_dimensions, len(sizes))
    fits = len(places) == x.ndim and all(
        n in (1, sizes[p]) for n, p in zip(x.shape, places, strict=True)
    )
    problem = f"cannot repeat {x.aval} to fill {sizes} with its axes at {places}"
    check(who, [(fits, problem)], "Wanted one place for each axis, and equal extents or 1.")
    order = sorted(range(x.ndim), key=places.__getitem__)
    extents = dict(zip(places, x.shape, strict=True))
    aligned = tuple(extents.get(a, 1) for a in range(len(sizes)))
    return broadcast_to(reshaped(transposed(x, tuple(order)), aligned), sizes)


def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape that arrays of these shapes have together: extents are equal or 1.

    Raises:
        ShapeError: they are not.

    >>> import oxmlx as ox
    >>> ox.lax.broadcast_shapes((2, 1), (1, 3), (3,))
    (2, 3)
    """
    who = "lax.broadcast_shapes"
    return convert.broadcast_shapes(who, *(shape_of(who, s) for s in shapes)) if shapes else ()


def broadcast_to_rank(x: ArrayLike, rank: int) -> Array:
    """The array with new leading axes of extent 1, until it has `rank` axes.

    >>> import oxmlx as ox
    >>> ox.lax.broadcast_to_rank(ox.array([1, 2]), 3).shape
    (1, 1, 2)
    """
    y = value(x, "lax.broadcast_to_rank")
    return reshaped(y, (*((1,) * (rank - y.ndim)), *y.shape))


def broadcast_like(arr: ArrayLike, like_arr: ArrayLike) -> Array:
    """The array repeated to the shape that it and another one have together.

    >>> import oxmlx as ox
    >>> ox.lax.broadcast_like(ox.array([1, 2]), ox.lax.empty((2, 1), "float32"))
    array([[1, 2],
           [1, 2]], dtype=int32)
    """
    who = "lax.broadcast_like"
    x, like = value(arr, who), value(like_arr, who)
    return broadcast_to(x, convert.broadcast_shapes(who, x.shape, like.shape))


def expand_dims(array: ArrayLike, dimensions: Sequence[int]) -> Array:
    """The array with axes of extent 1 at these places of the result.

    Raises:
        AxisError: the result has no such axis, or one is named twice.

    >>> import oxmlx as ox
    >>> ox.lax.expand_dims(ox.array([1, 2]), (0, -1)).shape
    (1, 2, 1)
    """
    who = "lax.expand_dims"
    x, given = value(array, who), ints(who, "dimensions", dimensions)
    new = axes_of(who, given, x.ndim + len(given))
    rest = iter(x.shape)
    return reshaped(x, tuple(1 if a in new else next(rest) for a in range(x.ndim + len(given))))


def squeeze(array: ArrayLike, dimensions: Sequence[int]) -> Array:
    """The array without these axes, which have extent 1.

    Raises:
        ShapeError: one has another extent.
        AxisError: the array lacks one, or one is named twice.

    >>> import oxmlx as ox
    >>> ox.lax.squeeze(ox.array([[1], [2]]), (1,))
    array([1, 2], dtype=int32)
    """
    who = "lax.squeeze"
    x = value(array, who)
    axes = axes_of(who, dimensions, x.ndim)
    check(who, [(all(x.shape[a] == 1 for a in axes), f"axes {axes} of {x.aval} are not all 1")])
    return reshaped(x, x.aval.without(axes).shape)


def collapse(operand: ArrayLike, start_dimension: int, stop_dimension: int | None = None) -> Array:
    """The array with the axes from start up to stop as one.

    Raises:
        AxisError: start lies behind stop, or outside.

    >>> import oxmlx as ox
    >>> ox.lax.collapse(ox.lax.full((2, 3, 4), 0), 1).shape
    (2, 12)
    """
    x = value(operand, "lax.collapse")
    start, stop, _ = slice(start_dimension, stop_dimension).indices(x.ndim)
    if start > stop:
        problem = f"got axes {start_dimension} to {stop_dimension} of {x.aval}"
        raise AxisError("lax.collapse", problem, "Wanted a start that is not behind the stop.")
    shape = x.shape
    return reshaped(x, (*shape[:start], prod(shape[start:stop]), *shape[stop:]))


def reshape(operand: ArrayLike, new_sizes: Shape, dimensions: Sequence[int] | None = None) -> Array:
    """The elements in row-major order in another shape.

    Args:
        operand: an array.
        new_sizes: a shape of as many elements.
        dimensions: the order in which the axes of the operand are read.

    Raises:
        ShapeError: the number of elements differs.

    >>> import oxmlx as ox
    >>> x = ox.array([[1, 2, 3], [4, 5, 6]])
    >>> ox.lax.reshape(x, (6,)), ox.lax.reshape(x, (6,), (1, 0))
    (array([1, 2, 3, 4, 5, 6], dtype=int32), array([1, 4, 2, 5, 3, 6], dtype=int32))
    """
    x = value(operand, "lax.reshape")
    if dimensions is not None:
        x = transposed(x, ints("lax.reshape", "dimensions", dimensions))
    return reshaped(x, shape_of("lax.reshape", new_sizes))


def transpose(operand: ArrayLike, permutation: Sequence[int]) -> Array:
    """The array with its axes in another order: axis k of the result is `permutation[k]`.

    Raises:
        AxisError: not each axis is named once.

    >>> import oxmlx as ox
    >>> ox.lax.transpose(ox.array([[1, 2], [3, 4]]), (1, 0))
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    x = value(operand, "lax.transpose")
    perm = ints("lax.transpose", "permutation", permutation)
    if len(perm) != x.ndim:
        problem = f"permutation must name each of the {x.ndim} axes once, got {perm}"
        raise AxisError("lax.transpose", problem)
    return transposed(x, perm)


def rev(operand: ArrayLike, dimensions: Sequence[int]) -> Array:
    """The array backwards along some axes.

    >>> import oxmlx as ox
    >>> ox.lax.rev(ox.array([[1, 2], [3, 4]]), (1,))
    array([[2, 1],
           [4, 3]], dtype=int32)
    """
    x = value(operand, "lax.rev")
    return reverse(x, axes_of("lax.rev", dimensions, x.ndim))
