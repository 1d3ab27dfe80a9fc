"""Arrays put together and taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from oxmlx.errors import ArgumentError
from oxmlx.ir.trace import bind
from oxmlx.lax.arguments import (
    Array,
    ArrayLike,
    arrays,
    as_scalar,
    axis_of,
    check,
    ints,
    same_shape,
    value,
)
from oxmlx.ops import slicing
from oxmlx.ops.axes import broadcast
from oxmlx.ops.cumulative import between
from oxmlx.ops.shape import reshape
from oxmlx.ops.slicing import Concatenate


def concatenate(operands: Array | Sequence[ArrayLike], dimension: int) -> Array:
    """Arrays side by side along an axis.

    Args:
        operands: arrays of one dtype and rank, or one array of them along its first axis.
        dimension: the axis.

    Raises:
        ShapeError: they differ along another axis.
        DtypeError: they differ in dtype.
        ArgumentError: there are none.

    >>> import oxmlx as ox
    >>> ox.lax.concatenate([ox.array([1, 2]), ox.array([3])], 0)
    array([1, 2, 3], dtype=int32)
    """
    who = "lax.concatenate"
    xs = rows_of(who, operands)
    axis = axis_of(who, dimension, xs[0].ndim)
    return xs[0] if len(xs) == 1 else bind(Concatenate(axis), *xs)


def stack(operands: Array | Sequence[ArrayLike], axis: int = 0) -> Array:
    """Arrays of one shape and dtype along a new axis.

    Raises:
        ShapeError: they differ in shape.
        DtypeError: they differ in dtype.
        ArgumentError: there are none.

    >>> import oxmlx as ox
    >>> ox.lax.stack([ox.array([1, 2]), ox.array([3, 4])], axis=1)
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    xs = rows_of("lax.stack", operands)
    same_shape("lax.stack", *xs)
    at = axis_of("lax.stack", axis, xs[0].ndim + 1)
    shape = (*xs[0].shape[:at], 1, *xs[0].shape[at:])
    rows = [reshape(x, shape) for x in xs]
    return rows[0] if len(rows) == 1 else bind(Concatenate(at), *rows)


def rows_of(who: str, operands: Any) -> list[Any]:
    """A sequence of arrays of one dtype, or the rows of an array.

    Raises:
        ArgumentError: there is none.
    """
    rows = list(operands)
    if not rows:
        raise ArgumentError(who, "got no operand", "Wanted one or more.")
    return arrays(who, *rows)


def unstack(x: ArrayLike, axis: int = 0) -> tuple[Array, ...]:
    """The slices of an array along an axis, without it.

    >>> import oxmlx as ox
    >>> ox.lax.unstack(ox.array([[1, 2], [3, 4]]), axis=1)
    (array([1, 3], dtype=int32), array([2, 4], dtype=int32))
    """
    y = value(x, "lax.unstack")
    at = axis_of("lax.unstack", axis, y.ndim)
    rest = y.aval.without((at,)).shape
    return tuple(reshape(between(y, at, k, k + 1), rest) for k in range(y.shape[at]))


def split(operand: ArrayLike, sizes: Sequence[int], axis: int = 0) -> list[Array]:
    """An array cut into pieces along an axis.

    Args:
        operand: an array.
        sizes: the extents of the pieces.
        axis: the axis.

    Raises:
        ShapeError: the sizes are not those of the pieces of the axis.

    >>> import oxmlx as ox
    >>> ox.lax.split(ox.array([1, 2, 3]), (1, 2))
    [array([1], dtype=int32), array([2, 3], dtype=int32)]
    """
    x = value(operand, "lax.split")
    at, extents = axis_of("lax.split", axis, x.ndim), ints("lax.split", "sizes", sizes)
    fits = sum(extents) == x.shape[at] and all(n >= 0 for n in extents)
    check("lax.split", [(fits, f"sizes {extents} do not add up to axis {at} of {x.aval}")])
    return [between(x, at, a, b) for a, b in pairwise(accumulate(extents, initial=0))]


def pad(
    operand: ArrayLike, padding_value: ArrayLike, padding_config: Sequence[tuple[int, int, int]]
) -> Array:
    """An array with a value before, after and between its elements.

    Args:
        operand: an array.
        padding_value: a number, or an array of rank 0 and of the same dtype.
        padding_config: (low, high, interior) counts for each axis; a negative low or high cuts off.

    Raises:
        ShapeError: not three counts for each axis, or more is cut off than there is.
        DtypeError: the value has another dtype.

    >>> import oxmlx as ox
    >>> ox.lax.pad(ox.array([1, 2]), 0, [(1, 0, 2)])
    array([0, 1, 0, 0, 2], dtype=int32)
    """
    x = value(operand, "lax.pad")
    config = tuple(ints("lax.pad", "padding_config", row, 3) for row in padding_config)
    rows: Any = config
    return slicing.pad(x, as_scalar("lax.pad", "the value", padding_value, x.aval), rows)


def tile(operand: ArrayLike, reps: Sequence[int]) -> Array:
    """An array repeated along each axis.

    Args:
        operand: an array.
        reps: how often, for each axis.

    Raises:
        ArgumentError: not one number for each axis.

    >>> import oxmlx as ox
    >>> ox.lax.tile(ox.array([1, 2]), (3,))
    array([1, 2, 1, 2, 1, 2], dtype=int32)
    """
    x = value(operand, "lax.tile")
    counts = ints("lax.tile", "reps", reps, x.ndim)
    check("lax.tile", [(all(n >= 0 for n in counts), f"reps must not be negative, got {counts}")])
    pairs = [n for pair in zip(counts, x.shape, strict=True) for n in pair]
    spread = broadcast(x, tuple(pairs), tuple(range(0, 2 * x.ndim, 2)))
    return reshape(spread, tuple(n * m for n, m in zip(counts, x.shape, strict=True)))
