"""Dtypes: conversion of values, and bits read as another dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx import conversion
from oxmlx.dtypes import Dtype, as_dtype, is_bool, is_complex, is_key, scalar_dtype, short_name
from oxmlx.errors import DtypeError
from oxmlx.lax.arguments import Array, ArrayLike, check, is_number, value
from oxmlx.ops import logic
from oxmlx.ops.axes import broadcast, from_number
from oxmlx.ops.convert import bitcast, cast
from oxmlx.ops.elementwise import mul
from oxmlx.ops.math import constant
from oxmlx.ops.reduction import reduce_or
from oxmlx.ops.slicing import iota


def dtype(x: Any) -> Dtype:
    """The dtype of an array or a number.

    >>> import oxmlx as ox
    >>> ox.lax.dtype(2.5), ox.lax.dtype(ox.array([1, 2], dtype="int8"))
    (dtype('float32'), dtype('int8'))
    """
    return scalar_dtype(x)[0] if is_number(x) else value(x, "lax.dtype").dtype


def convert_element_type(operand: ArrayLike, new_dtype: Any) -> Array:
    """The array with another dtype.

    Floats become integers by truncation, those outside the nearest one, NaN 0; integers wrap; a
    complex number becomes its real part.

    >>> import oxmlx as ox
    >>> ox.lax.convert_element_type(ox.array([1.7, 300.0, -1.0]), "uint8")
    array([  1, 255,   0], dtype=uint8)
    """
    who = "lax.convert_element_type"
    target = as_dtype(new_dtype, who)
    if is_number(operand):
        number: Any = conversion.canonical(operand, target, who=who)[()]
        return from_number(number)
    return cast(value(operand, who), target)


def bitcast_convert_type(operand: ArrayLike, new_dtype: Any) -> Array:
    """The bits of an array read as another dtype.

    One that is k times narrower adds a last axis of extent k, the lowest bits first; one that is k
    times wider takes such an axis away.

    Raises:
        DtypeError: bools, complex numbers or keys, unless they stay what they are.
        ShapeError: the last axis does not make up one wider element.

    >>> import oxmlx as ox
    >>> x = ox.array([1.0, 2.0])
    >>> ox.lax.bitcast_convert_type(x, "int32")
    array([1065353216, 1073741824], dtype=int32)
    >>> ox.lax.bitcast_convert_type(x, "uint8")
    array([[  0,   0, 128,  63],
           [  0,   0,   0,  64]], dtype=uint8)
    """
    who = "lax.bitcast_convert_type"
    x, target = value(operand, who), as_dtype(new_dtype, who)
    if x.dtype == target:
        return x
    if any(is_bool(d) or is_complex(d) or is_key(d) for d in (x.dtype, target)):
        raise DtypeError(
            who,
            f"got {x.aval}, which has no bits to read as {short_name(target)}",
            "Use .astype to convert values.",
        )
    old, new = x.dtype.itemsize, target.itemsize
    if new < old:
        return bitcast(narrowed(x, new, old // new), target)
    if new > old:
        ratio = new // old
        problem = f"the last axis of {x.aval} must have extent {ratio} for {short_name(target)}"
        check(who, [(x.shape[-1:] == (ratio,), problem)])
        return bitcast(widened(x, new, ratio), target)
    return bitcast(x, target)


def unsigned(itemsize: int) -> Dtype:
    """The unsigned integer of so many bytes."""
    return np.dtype(f"uint{8 * itemsize}")


def narrowed(x: Any, itemsize: int, ratio: int) -> Any:
    """The bits of each element as `ratio` unsigned integers along a last axis."""
    wide = unsigned(x.dtype.itemsize)
    shape = (*x.shape, ratio)
    bits = broadcast(bitcast(x, wide), shape, (x.ndim,))
    places = mul(iota(wide, shape, x.ndim), constant(8 * itemsize, bits))
    return cast(logic.shift_right_logical(bits, places), unsigned(itemsize))


def widened(x: Any, itemsize: int, ratio: int) -> Any:
    """The bits of the elements along the last axis as one unsigned integer."""
    wide, axis = unsigned(itemsize), x.ndim - 1
    bits = cast(bitcast(x, unsigned(x.dtype.itemsize)), wide)
    places = mul(iota(wide, x.shape, axis), constant(8 * x.dtype.itemsize, bits))
    return reduce_or(logic.shift_left(bits, places), (axis,))
