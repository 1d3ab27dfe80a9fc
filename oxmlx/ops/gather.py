"""Functions that read and write at places that are data: gather, scatter, take, along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from oxmlx import conversion, dtypes
from oxmlx.config import config
from oxmlx.dtypes import is_inexact, is_key, promote
from oxmlx.errors import ArgumentError, AxisError, DtypeError, ShapeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import from_number
from oxmlx.ops.bounds import checked, wide, wrap
from oxmlx.ops.convert import (
    as_operand,
    as_value,
    broadcast_shapes,
    cast,
    from_numpy,
    literal,
)
from oxmlx.ops.indexing import Gather, Scatter
from oxmlx.ops.math import rem
from oxmlx.ops.select import maximum
from oxmlx.ops.shape import broadcast_to, moveaxis, reshape, transpose
from oxmlx.ops.slicing import number_for


def is_clip(mode: str | None, who: str) -> bool:
    """Whether a mode moves indices that lie outside to the nearest element.

    Raises:
        ArgumentError: there is no such mode.
    """
    if mode not in MODES:
        problem = f"got mode {mode!r}"
        raise ArgumentError(who, problem, f"There are {', '.join(map(repr, MODES))}.")
    return MODES[mode]


MODES = {None: False, "fill": False, "drop": False, "clip": True, "promise_in_bounds": True}
"""Modes of an index that lies outside: does it clip? A broken promise clips too."""


@cache
def fill_of(dtype: np.dtype[Any]) -> np.generic:
    """What is read outside an array: NaN, the least signed or the greatest unsigned integer, True,
    a key of ones."""
    if is_inexact(dtype):
        return dtype.type(np.nan)
    if is_key(dtype):
        return np.frombuffer(b"\xff" * dtype.itemsize, dtype)[0]
    if dtype.kind == "b":
        return np.True_
    limits = dtypes.iinfo(dtype)
    return dtype.type(limits.min if dtype.kind == "i" else limits.max)


def gather(
    x: Any,
    indices: Sequence[Any],
    axes: tuple[int, ...],
    batch: int = 0,
    mode: str | None = "fill",
    fill_value: Any = None,
) -> Any:
    """The elements of `x` at `indices`, one array of them for each of `axes`.

    Args:
        x: an array whose first `batch` axes go with those of the indices.
        indices: integers of one shape; negative ones count from the end.
        axes: the axes of `x` that they index, which the output has not; it has those of the
            indices first.
        mode: what an index outside its axis reads: "fill", a fill value, or "clip", the nearest.
        fill_value: a number; by default NaN, the least signed or greatest unsigned integer.

    Raises:
        ArgumentError: unknown mode, or not one index for each axis.
        DtypeError: indices that are not integers, or a fill value that the dtype cannot hold.
    """
    dtype = get_aval(x).dtype
    fill = None
    if not is_clip(mode, "gather"):
        fill = fill_of(dtype) if fill_value is None else literal(fill_value, dtype, "gather")
    return bind(Gather(axes, batch, fill), x, *indices)


def scatter(
    x: Any,
    updates: Any,
    indices: Sequence[Any],
    axes: tuple[int, ...],
    batch: int = 0,
    combine: str = "set",
    mode: str | None = "drop",
    unique: bool = False,
) -> Any:
    """`x` with the elements that `gather` would read combined with `updates`, in order.

    Args:
        x: an array.
        updates: what `gather` would return, of the dtype of `x`.
        indices: as in `gather`.
        axes: as in `gather`.
        batch: as in `gather`.
        combine: "set", "add", "mul", "min" or "max".
        mode: what happens to an update outside: "drop", or "clip", it moves to the nearest element.
        unique: a promise that no element is updated twice.

    Raises:
        ArgumentError: unknown mode or combine, or not one index for each axis.
        ShapeError: updates that do not fit.
        DtypeError: updates of another dtype, or indices that are not integers.
    """
    prim = Scatter(axes, batch, combine, is_clip(mode, "scatter"), unique)
    return bind(prim, x, updates, *indices)


def take(
    x: Any, indices: Any, axis: int | None = None, mode: str | None = None, fill_value: Any = None
) -> Any:
    """The slices of `x` at `indices` along `axis`, or the elements of the flattened array.

    Args:
        x: an array.
        indices: integers of any shape, which takes the place of the axis.
        axis: the axis that they index; `None` for the flattened array.
        mode: what an index outside reads: "fill", a fill value, "clip", the nearest, where negative
            indices lie outside, or "wrap", the index modulo the extent.
        fill_value: as in `gather`.

    Raises:
        ArgumentError: unknown mode.
        AxisError: `x` has no such axis.
        DtypeError: indices that are not integers.
    """
    x, indices = as_value(x, "take"), as_operand(indices, "take")
    if axis is None:
        x, axis = reshape(x, (x.size,)), 0
    axis = canonical_axis("take", axis, x.aval)
    indices = checked_index(indices, x.shape[axis], axis, mode)
    if mode == "wrap":
        n = max(x.shape[axis], 1)
        indices, mode = wrap(rem(wide(indices), n), n), "fill"
    elif mode == "clip":
        indices = maximum(indices, 0)
    out = gather(x, (indices,), (axis,), mode=mode, fill_value=fill_value)
    return leading_to(out, get_aval(indices).ndim, axis)


def take_along_axis(
    x: Any, indices: Any, axis: int | None = -1, mode: str | None = None, fill_value: Any = None
) -> Any:
    """out[…, i, …] = x[…, indices[…, i, …], …] along `axis`; the other axes broadcast.

    Args:
        x: an array.
        indices: integers, of as many axes as `x`.
        axis: the axis that they index; `None` for the flattened array.
        mode: as in `gather`.
        fill_value: as in `gather`.

    Raises:
        ShapeError: the other axes do not broadcast.
        AxisError: `x` has no such axis.
        DtypeError: indices that are not integers.
    """
    x, i, axis = along_axis("take_along_axis", as_value(x, "take_along_axis"), indices, axis, mode)
    *xs, n = get_aval(x).shape
    *others, m = get_aval(i).shape
    lead = broadcast_shapes("take_along_axis", tuple(xs), tuple(others))
    x, i = broadcast_to(x, (*lead, n)), broadcast_to(i, (*lead, m))
    out = gather(x, (i,), (len(lead),), len(lead), mode, fill_value)
    return moveaxis(out, len(lead), axis)


def put_along_axis(
    x: Any, indices: Any, values: Any, axis: int | None, mode: str | None = None
) -> Any:
    """`x` with out[…, indices[…, i, …], …] = values[…, i, …] along `axis`.

    Args:
        x: an array.
        indices: integers, of as many axes as `x`.
        values: of the dtype of `x`; they broadcast to the shape of the indices.
        axis: the axis that they index; `None` for the flattened array.
        mode: as in `scatter`.

    Raises:
        ShapeError: the other axes do not broadcast.
        AxisError: `x` has no such axis.
        DtypeError: indices that are not integers, or values of another dtype.
    """
    x = as_value(x, "put_along_axis")
    y, i, place = along_axis("put_along_axis", x, indices, axis, mode)
    lead = get_aval(y).shape[:-1]
    i = broadcast_to(i, (*lead, get_aval(i).shape[-1]))
    shape = get_aval(moveaxis(i, len(lead), place)).shape
    new = broadcast_to(as_update("put_along_axis", values, x.aval), shape)
    out = scatter(y, moveaxis(new, place, len(lead)), (i,), (len(lead),), len(lead), mode=mode)
    return reshape(moveaxis(out, len(lead), place), x.shape)


def along_axis(
    who: str, x: Any, indices: Any, axis: int | None, mode: str | None
) -> tuple[Any, Any, int]:
    """An array and indices along one axis, which comes last; and that axis."""
    i = as_operand(indices, who)
    if axis is None:
        x, axis = reshape(x, (x.size,)), 0
    axis = canonical_axis(who, axis, x.aval)
    if get_aval(i).ndim != x.ndim:
        problem = f"got indices {get_aval(i)} for {x.aval}"
        raise ShapeError(who, problem, "Wanted as many axes.")
    i = checked_index(i, x.shape[axis], axis, mode)
    return moveaxis(x, axis, x.ndim - 1), moveaxis(i, axis, x.ndim - 1), axis


def checked_index(i: Any, extent: int, axis: int, mode: str | None) -> Any:
    """Indices of an axis, verified under `config.check` unless a mode covers those outside."""
    return checked(i, extent, axis) if config.check and mode is None else i


def canonical_axis(who: str, axis: int, x: Aval) -> int:
    """The axis as a number from 0."""
    if not -x.ndim <= axis < x.ndim:
        raise AxisError(who, f"got axis {axis} of {x}")
    return axis % x.ndim


def as_update(who: str, values: Any, x: Aval) -> Any:
    """What is written into an array like `x`: numbers become its dtype, arrays if nothing is lost.

    Raises:
        DtypeError: the dtype of the array does not hold the values.
    """
    if isinstance(values, (list, tuple)):
        values = from_numpy(conversion.canonical(values, who=who))
    values = number_for(values, x.dtype, who)
    if isinstance(values, np.generic):
        return from_number(values)
    aval = get_aval(values)
    if promote(x.dtype, False, aval.dtype, aval.weak)[0] != x.dtype:
        advice = f"Write values.astype(ox.{x.dtype}), or convert the array."
        raise DtypeError(who, f"values {aval} do not fit into {x} without loss", advice)
    return cast(values, x.dtype)


def leading_to(x: Any, count: int, at: int) -> Any:
    """`x` with its first `count` axes moved, so that the first of them is axis `at`."""
    rest = range(count, get_aval(x).ndim)
    return transpose(x, (*rest[:at], *range(count), *rest[at:]))
