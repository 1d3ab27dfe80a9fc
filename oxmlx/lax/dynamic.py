"""Parts of arrays at places that are data. A block that would leave the array is moved inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmlx.ir.trace import bind
from oxmlx.ir.value import Value
from oxmlx.lax.arguments import (
    Array,
    ArrayLike,
    Shape,
    axis_of,
    check,
    of_dtype,
    shape_of,
    value,
)
from oxmlx.ops.convert import as_operand
from oxmlx.ops.dynamic import DynamicSlice, DynamicUpdateSlice, start_operands
from oxmlx.ops.shape import reshape


def dynamic_slice(
    operand: ArrayLike,
    start_indices: ArrayLike | Sequence[ArrayLike],
    slice_sizes: Shape,
    *,
    allow_negative_indices: bool | Sequence[bool] = True,
) -> Array:
    """The block of an array that begins at `start_indices`.

    Args:
        operand: an array.
        start_indices: an integer for each axis, or an array of them.
        slice_sizes: the shape of the block.
        allow_negative_indices: whether negative integers count from the end, for all axes or for
            each; otherwise the block begins at 0.

    Raises:
        ShapeError: the block is larger than the array.
        ArgumentError: not one start for each axis.
        DtypeError: a start is not an integer.

    >>> import oxmlx as ox
    >>> ox.lax.dynamic_slice(ox.array([[1, 2, 3], [4, 5, 6]]), (1, -2), (1, 2))
    array([[5, 6]], dtype=int32)
    """
    who = "lax.dynamic_slice"
    x = value(operand, who)
    starts = places(who, x, start_indices, allow_negative_indices)
    return bind(DynamicSlice(shape_of(who, slice_sizes)), x, *starts)


def dynamic_slice_in_dim(
    operand: ArrayLike,
    start_index: ArrayLike,
    slice_size: int,
    axis: int = 0,
    *,
    allow_negative_indices: bool = True,
) -> Array:
    """`slice_size` elements along one axis, from `start_index` on; see `dynamic_slice`.

    >>> import oxmlx as ox
    >>> ox.lax.dynamic_slice_in_dim(ox.array([1, 2, 3, 4]), 1, 2)
    array([2, 3], dtype=int32)
    """
    x = value(operand, "lax.dynamic_slice_in_dim")
    at = axis_of("lax.dynamic_slice_in_dim", axis, x.ndim)
    starts: list[Any] = [0] * x.ndim
    sizes = list(x.shape)
    starts[at], sizes[at] = start_index, slice_size
    return dynamic_slice(x, starts, sizes, allow_negative_indices=allow_negative_indices)


def dynamic_index_in_dim(
    operand: ArrayLike,
    index: ArrayLike,
    axis: int = 0,
    keepdims: bool = True,
    *,
    allow_negative_indices: bool = True,
) -> Array:
    """The slice at one place of an axis; see `dynamic_slice`.

    Args:
        operand: an array.
        index: an integer.
        axis: the axis.
        keepdims: keep the axis, with extent 1.
        allow_negative_indices: whether a negative integer counts from the end.

    >>> import oxmlx as ox
    >>> ox.lax.dynamic_index_in_dim(ox.array([[1, 2], [3, 4]]), 1, keepdims=False)
    array([3, 4], dtype=int32)
    """
    x = value(operand, "lax.dynamic_index_in_dim")
    at = axis_of("lax.dynamic_index_in_dim", axis, x.ndim)
    out = dynamic_slice_in_dim(x, index, 1, at, allow_negative_indices=allow_negative_indices)
    return out if keepdims else reshape(out, x.aval.without((at,)).shape)


def dynamic_update_slice(
    operand: ArrayLike,
    update: ArrayLike,
    start_indices: ArrayLike | Sequence[ArrayLike],
    *,
    allow_negative_indices: bool | Sequence[bool] = True,
) -> Array:
    """The array with the block that begins at `start_indices` replaced.

    Args:
        operand: an array.
        update: the block: of the rank and dtype of the operand.
        start_indices: as in `dynamic_slice`.
        allow_negative_indices: as in `dynamic_slice`.

    Raises:
        ShapeError: the block is larger than the array, or of another rank.
        ArgumentError: not one start for each axis.
        DtypeError: a start is not an integer, or the dtypes differ.

    >>> import oxmlx as ox
    >>> ox.lax.dynamic_update_slice(ox.array([1, 2, 3, 4]), ox.array([9, 9]), (1,))
    array([1, 9, 9, 4], dtype=int32)
    """
    who = "lax.dynamic_update_slice"
    x = value(operand, who)
    starts = places(who, x, start_indices, allow_negative_indices)
    return bind(DynamicUpdateSlice(), x, of_dtype(who, "the update", update, x.aval), *starts)


def dynamic_update_slice_in_dim(
    operand: ArrayLike,
    update: ArrayLike,
    start_index: ArrayLike,
    axis: int,
    *,
    allow_negative_indices: bool = True,
) -> Array:
    """The array with a block of one axis replaced; see `dynamic_update_slice`.

    >>> import oxmlx as ox
    >>> ox.lax.dynamic_update_slice_in_dim(ox.array([1, 2, 3]), ox.array([9]), -1, 0)
    array([1, 2, 9], dtype=int32)
    """
    x = value(operand, "lax.dynamic_update_slice_in_dim")
    starts: list[Any] = [0] * x.ndim
    starts[axis_of("lax.dynamic_update_slice_in_dim", axis, x.ndim)] = start_index
    return dynamic_update_slice(x, update, starts, allow_negative_indices=allow_negative_indices)


def dynamic_update_index_in_dim(
    operand: ArrayLike,
    update: ArrayLike,
    index: ArrayLike,
    axis: int,
    *,
    allow_negative_indices: bool = True,
) -> Array:
    """The array with the slice at one place of an axis replaced; see `dynamic_update_slice`.

    Args:
        operand: an array.
        update: the slice, with the axis or without.
        index: an integer.
        axis: the axis.
        allow_negative_indices: whether a negative integer counts from the end.

    >>> import oxmlx as ox
    >>> x = ox.array([[1, 2], [3, 4]])
    >>> ox.lax.dynamic_update_index_in_dim(x, ox.array([8, 9]), 0, axis=1)
    array([[8, 2],
           [9, 4]], dtype=int32)
    """
    who = "lax.dynamic_update_index_in_dim"
    x = value(operand, who)
    at, new = axis_of(who, axis, x.ndim), of_dtype(who, "the update", update, x.aval)
    if new.ndim == x.ndim - 1:
        new = reshape(new, (*new.shape[:at], 1, *new.shape[at:]))
    return dynamic_update_slice_in_dim(
        x, new, index, at, allow_negative_indices=allow_negative_indices
    )


def places(who: str, x: Value, starts: Any, negative: bool | Sequence[bool]) -> list[Any]:
    """Where a block begins on each axis, as operands counted from the start.

    Raises:
        ShapeError: an array of starts of another rank than 1.
    """
    if hasattr(starts, "ndim"):
        rows = value(starts, who)
        check(who, [(rows.ndim == 1, f"starts must have one axis, got {rows.aval}")])
        starts = list(rows)
    given = [as_operand(s, who) if not isinstance(s, int) else s for s in starts]
    wrapped = start_operands(who, given, x.shape)
    from_end = negative if isinstance(negative, Sequence) else [bool(negative)] * x.ndim
    return [
        w if n else as_operand(s, who) for w, s, n in zip(wrapped, given, from_end, strict=True)
    ]
