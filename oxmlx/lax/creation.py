"""Arrays from shapes and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from oxmlx.dtypes import as_dtype
from oxmlx.errors import ShapeError
from oxmlx.lax.arguments import Array, ArrayLike, Shape, axis_of, is_number, shape_of, value
from oxmlx.lax.conversion import convert_element_type
from oxmlx.ops.axes import broadcast_scalar
from oxmlx.ops.axes import full as filled
from oxmlx.ops.convert import cast, from_numpy
from oxmlx.ops.slicing import iota as counted


def full(shape: Shape, fill_value: ArrayLike, dtype: Any = None) -> Array:
    """An array of one value.

    Args:
        shape: of the array.
        fill_value: a number, or an array of rank 0.
        dtype: by default that of the value.

    Raises:
        ShapeError: the value has axes, or an extent is negative.

    >>> import oxmlx as ox
    >>> ox.lax.full((2, 2), 7)
    array([[7, 7],
           [7, 7]], dtype=int32)
    """
    sizes = shape_of("lax.full", shape)
    fill = value(fill_value, "lax.full") if dtype is None or not is_number(fill_value) else None
    if fill is None:
        return broadcast_scalar(convert_element_type(fill_value, dtype), sizes)
    if fill.ndim:
        raise ShapeError(
            "lax.full",
            f"the value must have rank 0, got {fill.aval}",
            "Use broadcast_to for an array.",
        )
    if dtype is not None:
        fill = cast(fill, as_dtype(dtype, "lax.full"))
    return broadcast_scalar(fill, sizes)


def full_like(
    x: Any, fill_value: ArrayLike, dtype: Any = None, shape: Shape | None = None
) -> Array:
    """An array of one value, of the dtype and shape of `x` unless they are given.

    >>> import oxmlx as ox
    >>> ox.lax.full_like(ox.array([1.5, 2.5]), 3)
    array([3., 3.], dtype=float32)
    """
    like = x if hasattr(x, "dtype") and hasattr(x, "shape") else value(x, "lax.full_like")
    return full(
        like.shape if shape is None else shape, fill_value, like.dtype if dtype is None else dtype
    )


def empty(shape: Shape, dtype: Any) -> Array:
    """Zeros: arrays have no elements that nothing defines.

    >>> import oxmlx as ox
    >>> ox.lax.empty((2,), "float32")
    array([0., 0.], dtype=float32)
    """
    return filled(shape_of("lax.empty", shape), 0, as_dtype(dtype, "lax.empty"))


def iota(dtype: Any, size: int) -> Array:
    """0, 1, 2, … size - 1

    >>> import oxmlx as ox
    >>> ox.lax.iota("float32", 3)
    array([0., 1., 2.], dtype=float32)
    """
    return counted(as_dtype(dtype, "lax.iota"), shape_of("lax.iota", (size,)), 0)


def broadcasted_iota(dtype: Any, shape: Shape, dimension: int) -> Array:
    """0, 1, 2, … along an axis, the same along the others.

    >>> import oxmlx as ox
    >>> ox.lax.broadcasted_iota("int32", (2, 3), 1)
    array([[0, 1, 2],
           [0, 1, 2]], dtype=int32)
    """
    who = "lax.broadcasted_iota"
    sizes = shape_of(who, shape)
    return counted(as_dtype(dtype, who), sizes, axis_of(who, dimension, len(sizes)))


def shape_as_value(shape: Sequence[int]) -> Array:
    """A shape as an array of int32.

    >>> import oxmlx as ox
    >>> ox.lax.shape_as_value((2, 3))
    array([2, 3], dtype=int32)
    """
    return from_numpy(np.array(shape_of("lax.shape_as_value", shape), np.int32))
